package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.ChromeEvents;
import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs through real processes. */
class ClusterTest {

  @TempDir private static Path folder;
  private static TinyRun tiny;

  @BeforeAll
  static void makeDataAndModel() throws IOException {
    tiny = TinyRun.create(folder);
  }

  @Test
  void oneAndTwoWorkersTrainTheSameBits() throws Exception {
    String alone = train("one", 1);
    Path profile = folder.resolve("trace.json");
    String together = train("two", 2, "--profile", profile.toString(), "--profile-steps", "2-4");
    profilesAreWhole();
    assertTrue(alone.matches("weights sha256: [0-9a-f]{64}"), alone);
    assertEquals(alone, together);
    assertEquals(
        Metrics.read(new RunFolder(folder.resolve("one")).metrics()).rows().stream()
            .map(Metrics.Row::loss)
            .toList(),
        Metrics.read(new RunFolder(folder.resolve("two")).metrics()).rows().stream()
            .map(Metrics.Row::loss)
            .toList());
    checkpointIsComplete(folder.resolve("two"));
    certificatesAreEqualAndHold();
  }

  /** Each worker has one, which tells where its steps went; the weights are none the wiser. */
  private static void profilesAreWhole() throws IOException {
    for (int rank = 0; rank < 2; rank++) {
      ChromeEvents profile = ChromeEvents.read(folder.resolve("trace.rank-" + rank + ".json"));
      profile.requireNested();
      assertEquals(
          List.of(2L, 3L, 4L), profile.of("step").stream().map(ChromeEvents.Event::step).toList());
      assertTrue(profile.covered() > 0.9, () -> "stages cover " + profile.covered());
      List<String> stages = profile.of("stage").stream().map(ChromeEvents.Event::name).toList();
      assertTrue(
          stages.containsAll(
              List.of("data", "forward", "backward", "reduce", "commit wait", "update", "gather")),
          stages.toString());
      assertTrue(profile.of("operator").stream().anyMatch(each -> each.name().equals("aten::mm")));
    }
  }

  /** What training computed does not depend on the number of workers either. */
  private static void certificatesAreEqualAndHold() throws Exception {
    Path one = new RunFolder(folder.resolve("one")).lastCheckpoint().orElseThrow();
    Path two = new RunFolder(folder.resolve("two")).lastCheckpoint().orElseThrow();
    List<String> files = names(one).stream().filter(name -> name.startsWith("alignment")).toList();
    assertTrue(files.contains("alignment.json") && files.size() > 2, files.toString());
    for (String file : files) {
      assertEquals(-1, Files.mismatch(one.resolve(file), two.resolve(file)), file);
    }
    assertEquals(
        "align: OK",
        Launched.run(folder, "align", "verify", "--model", one.toString()).succeeded().lastLine());
  }

  private static String train(String out, int workers, String... more) throws Exception {
    return Launched.train(folder, tiny.recipe(), workers, out, more).succeeded().lastLine();
  }

  /** The manifest lists exactly the files that are there, and nothing partial is left. */
  private static void checkpointIsComplete(Path run) throws IOException {
    Path checkpoint = new RunFolder(run).lastCheckpoint().orElseThrow();
    assertEquals("step-%08d".formatted(tiny.steps()), checkpoint.getFileName().toString());
    JsonNode manifest = new ObjectMapper().readTree(checkpoint.resolve("manifest.json").toFile());
    Set<String> listed = new TreeSet<>();
    for (JsonNode file : manifest.get("files")) {
      listed.add(file.get("path").asText());
      assertEquals(
          file.get("bytes").asLong(), Files.size(checkpoint.resolve(file.get("path").asText())));
    }
    Set<String> present = new TreeSet<>(names(checkpoint));
    present.remove("manifest.json");
    assertEquals(present, listed);
    assertTrue(listed.contains("model.safetensors") && listed.contains("tokenizer.json"));
    try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
      assertEquals(
          List.of(checkpoint),
          checkpoints.filter(path -> !path.getFileName().toString().equals(".run")).toList());
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(path -> directory.relativize(path).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void theLastWorkersDeathEndsTheRunWithOneLineThatNamesIt() throws Exception {
    Path recipe = tiny.recipe("long.yaml", tiny.data().resolve("train.jsonl"), 1_000_000);
    Path run = folder.resolve("killed");
    try (Launched train =
        Launched.start(
            folder, "train", "--config", recipe.toString(), "--workers", "1", "--out", "killed")) {
      train.awaitSteps(run, 1);
      List<ProcessHandle> children = train.process().descendants().toList();
      assertEquals(2, children.size());
      // Started last: process ids grow.
      Collections.max(children).destroyForcibly();
      train.await();
      train.failedWith(1, "worker-0", "killed by signal 9");
      for (ProcessHandle child : children) {
        child.onExit().get(30, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void nothingSurvivesACommandThatIsKilled() throws Exception {
    Path recipe = tiny.recipe("longer.yaml", tiny.data().resolve("train.jsonl"), 1_000_000);
    try (Launched train =
        Launched.start(
            folder, "train", "--config", recipe.toString(), "--workers", "1", "--out", "gone")) {
      train.awaitSteps(folder.resolve("gone"), 1);
      List<ProcessHandle> children = train.process().descendants().toList();
      train.process().destroyForcibly();
      for (ProcessHandle child : children) {
        child.onExit().get(30, TimeUnit.SECONDS);
        assertFalse(child.isAlive());
      }
    }
  }
}
