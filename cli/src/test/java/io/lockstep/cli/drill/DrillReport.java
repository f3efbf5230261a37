package io.lockstep.cli.drill;

import io.lockstep.coordinator.journal.RunTimeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a drill has measured, for people: {@code target/drill.txt}. */
final class DrillReport {

  private final List<String> lines = new ArrayList<>();

  void line(String text) {
    lines.add(text);
  }

  /** What has happened since a moment. */
  void line(String text, Instant since) {
    line("%s: %s".formatted(text, seconds(since, Instant.now())));
  }

  /** A deed, and the times without a committed step in the memberships after it. */
  void deed(String name, Instant begun, RunTimeline course, long generation) {
    List<String> pauses = new ArrayList<>();
    RunTimeline.Epoch before = course.epochs().getFirst();
    for (RunTimeline.Epoch epoch : course.epochs()) {
      if (epoch.generation() > generation
          && before.lastCommit().isPresent()
          && epoch.firstCommit().isPresent()) {
        pauses.add(seconds(before.lastCommit().get(), epoch.firstCommit().get()));
      }
      if (epoch.lastCommit().isPresent()) {
        before = epoch;
      }
    }
    line("%s; without a step for %s".formatted(name, String.join(", ", pauses)), begun);
  }

  private static String seconds(Instant from, Instant to) {
    return String.format(Locale.ROOT, "%.1f s", Duration.between(from, to).toMillis() / 1000.0);
  }

  void print() throws IOException {
    Files.write(Path.of("target", "drill.txt"), lines);
    lines.forEach(System.out::println);
  }
}
