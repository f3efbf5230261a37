package io.lockstep.cli.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.console.Clock;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.coordinator.journal.RunTimeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The course of a run: its memberships, what happened in it, its checkpoints. */
final class CourseSections {

  /** The newest memberships, events and checkpoints that are shown. */
  private static final int SHOWN_ROWS = 200;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  private CourseSections() {}

  /** Something that happened. */
  record Event(Instant at, String what) {}

  static String html(RunFolder run) throws IOException {
    Optional<RunTimeline> read = RunTimeline.read(run.root());
    if (read.isEmpty()) {
      return "";
    }
    RunTimeline timeline = read.get();
    return Html.section("memberships", "Memberships", epochs(timeline))
        + Html.section("events", "Events", events(timeline))
        + Html.section("checkpoints", "Checkpoints", checkpoints(timeline));
  }

  private static String epochs(RunTimeline timeline) {
    StringBuilder rows = new StringBuilder();
    List<RunTimeline.Epoch> all = timeline.epochs();
    int older = Math.max(0, all.size() - SHOWN_ROWS);
    for (int i = older; i < all.size(); i++) {
      RunTimeline.Epoch epoch = all.get(i);
      rows.append(
          "<tr><td class=\"n\">%d</td><td class=\"name\">%s</td><td class=\"n\">%d</td><td class=\"n\">%d</td><td class=\"n\">%s</td><td>%s</td></tr>"
              .formatted(
                  epoch.generation(),
                  TIME.format(epoch.formed()),
                  epoch.nextStep(),
                  epoch.steps(),
                  recovery(i == 0 ? Optional.empty() : Optional.of(all.get(i - 1)), epoch),
                  Html.escape(String.join(", ", epoch.members()))));
    }
    return "<h2>Memberships</h2>\n"
        + Html.table(
            "Memberships",
            "<th class=\"n\">epoch</th><th>formed</th><th class=\"n\">from step</th><th class=\"n\">steps</th><th class=\"n\">recovered in</th><th>workers by rank</th>",
            rows.toString())
        + older(older);
  }

  private static String older(int count) {
    return count == 0 ? "" : "<p>%d older ones are not shown.</p>%n".formatted(count);
  }

  /** Time without a committed step before an epoch's first. */
  static String recovery(Optional<RunTimeline.Epoch> before, RunTimeline.Epoch epoch) {
    return before
        .flatMap(RunTimeline.Epoch::lastCommit)
        .flatMap(last -> epoch.firstCommit().map(first -> Duration.between(last, first)))
        .map(pause -> String.format(Locale.ROOT, "%.1f s", pause.toMillis() / 1000.0))
        .orElse("–");
  }

  /** What happened, newest first. */
  static List<Event> eventsOf(RunTimeline timeline) {
    List<Event> events = new ArrayList<>();
    events.add(
        new Event(
            timeline.begun(),
            "the run '%s' of %d steps began".formatted(timeline.name(), timeline.totalSteps())));
    List<String> before = List.of();
    for (RunTimeline.Epoch epoch : timeline.epochs()) {
      events.add(new Event(epoch.formed(), formed(epoch, before)));
      before = epoch.members();
    }
    timeline
        .rewinds()
        .forEach(rewind ->
            events.add(
                new Event(
                    rewind.at(),
                    "went back from step %d to %d: %s"
                        .formatted(rewind.fromSteps(), rewind.toSteps(), rewind.reason()))));
    timeline
        .checkpoints()
        .forEach(saved ->
            events.add(
                new Event(
                    saved.at(), "checkpoint at step %d was committed".formatted(saved.steps()))));
    timeline
        .end()
        .ifPresent(end ->
            events.add(
                new Event(end.at(), (end.finished() ? "finished: " : "ended: ") + end.reason())));
    events.sort(Comparator.comparing(Event::at));
    return events.reversed();
  }

  private static String formed(RunTimeline.Epoch epoch, List<String> before) {
    List<String> left = new ArrayList<>(before);
    left.removeAll(epoch.members());
    List<String> joined = new ArrayList<>(epoch.members());
    joined.removeAll(before);
    List<String> changes = new ArrayList<>();
    if (!left.isEmpty()) {
      changes.add(String.join(", ", left) + " left");
    }
    if (!joined.isEmpty()) {
      changes.add(String.join(", ", joined) + " joined");
    }
    return "membership %d of %d: %s"
        .formatted(
            epoch.generation(),
            epoch.members().size(),
            changes.isEmpty() ? "the same workers connected again" : String.join("; ", changes));
  }

  private static String events(RunTimeline timeline) {
    List<Event> all = eventsOf(timeline);
    StringBuilder rows = new StringBuilder();
    for (Event event : all.subList(0, Math.min(SHOWN_ROWS, all.size()))) {
      rows.append(
          "<tr><td class=\"name\">%s</td><td>%s</td></tr>"
              .formatted(TIME.format(event.at()), Html.escape(event.what())));
    }
    return "<h2>Events</h2>\n"
        + Html.table("Events", "<th>when</th><th>what</th>", rows.toString())
        + older(Math.max(0, all.size() - SHOWN_ROWS));
  }

  private static String checkpoints(RunTimeline timeline) throws IOException {
    if (timeline.checkpoints().isEmpty()) {
      return "<h2>Checkpoints</h2>\n<p>None has been committed yet.</p>\n";
    }
    List<RunTimeline.Checkpoint> newest = timeline.checkpoints().reversed();
    StringBuilder rows = new StringBuilder();
    for (RunTimeline.Checkpoint saved : newest.subList(0, Math.min(SHOWN_ROWS, newest.size()))) {
      Certificate certificate = Certificate.of(saved.dir());
      rows.append(
          "<tr><td class=\"n\">%d</td><td class=\"name\">%s</td><td class=\"n\">%s</td><td>%s</td><td class=\"hash\">%s</td></tr>"
              .formatted(
                  saved.steps(),
                  TIME.format(saved.at()),
                  String.format(Locale.ROOT, "%.1f", saved.bytes() / (double) (1 << 20)),
                  Html.escape(certificate.state()),
                  Html.escape(certificate.weights())));
    }
    return "<h2>Checkpoints</h2>\n"
        + Html.table(
            "Checkpoints",
            "<th class=\"n\">step</th><th>committed</th><th class=\"n\">MiB</th><th>certificate</th><th>weights SHA-256</th>",
            rows.toString())
        + older(Math.max(0, newest.size() - SHOWN_ROWS));
  }

  /** What stands in a checkpoint's certificate. */
  private record Certificate(String state, String weights) {

    static Certificate of(Path dir) throws IOException {
      Path file = dir.resolve("alignment.json");
      if (Files.isRegularFile(file)) {
        JsonNode node = JSON.readTree(file.toFile());
        return new Certificate(
            "%s, %s".formatted(node.path("computed_with").asText(), node.path("dtype").asText()),
            node.path("weights_sha256").asText());
      }
      return new Certificate(Files.isDirectory(dir) ? "none" : "no longer kept", "–");
    }
  }

  /** Links to the logs of the run's processes, where the run's folder has them. */
  static String logs(RunFolder run) throws IOException {
    if (!Files.isDirectory(run.logs())) {
      return "";
    }
    StringBuilder html = new StringBuilder("<h2>Logs</h2>\n<ul>");
    try (Stream<Path> files = Files.list(run.logs())) {
      for (Path file : files.filter(each -> each.toString().endsWith(".log")).sorted().toList()) {
        String name = Html.escape(String.valueOf(file.getFileName()));
        html.append("<li><a href=\"logs/%s\">%s</a></li>".formatted(name, name));
      }
    }
    return html.append("</ul>\n").toString();
  }

  /** A moment for people, in this machine's time zone. */
  static String time(Instant at) {
    return TIME.format(at);
  }

  /** How long a run has gone on. */
  static String age(RunTimeline timeline, Instant now) {
    Instant until = timeline.end().map(RunTimeline.End::at).orElse(now);
    return Clock.text(Duration.between(timeline.begun(), until).toSeconds());
  }
}
