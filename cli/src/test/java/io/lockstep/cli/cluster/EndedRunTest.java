package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.RunFolder;
import io.lockstep.operations.trace.Collector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that are asked to end: what they save and say. */
class EndedRunTest {

  /** More than pass before a signal comes. */
  private static final int STEPS = 1000;

  @TempDir private static Path folder;
  private static Path recipe = Path.of("");
  private static Path shortRecipe = Path.of("");

  @BeforeAll
  static void prepare() throws IOException {
    TinyRun tiny = TinyRun.create(folder);
    recipe = tiny.recipe("ended.yaml", tiny.data().resolve("train.jsonl"), STEPS);
    shortRecipe = tiny.recipe("short.yaml", tiny.data().resolve("train.jsonl"), 2);
  }

  @Test
  void aCoordinatorThatIsAskedToEndSavesAndSaysHowToGoOn() throws Exception {
    Path run = folder.resolve("asked");
    StartedByHand started = new StartedByHand(folder, recipe, run, 1);
    try (Launched coordinator = started.coordinator();
        Launched worker = started.worker("only", started.port(coordinator))) {
      coordinator.awaitSteps(run, 3);
      coordinator.process().destroy();
      coordinator.await();
      assertEquals(3, coordinator.process().exitValue(), coordinator::errors);
      assertTrue(
          coordinator
              .out()
              .matches(
                  "(?s).*\ndrained by lockstep coordinator start, which was sent SIGTERM after step [0-9]+ of 1000\n.*"),
          coordinator::errors);
      assertEquals(
          "go on with: lockstep coordinator start --config %s --workers 1 --out %s --port-file %s.port --resume"
              .formatted(recipe, run, run),
          coordinator.lastLine());
      worker.await();
      worker.succeeded();
    }
    assertTrue(new RunFolder(run).lastCheckpoint().isPresent());
  }

  @Test
  void aSecondSignalEndsACoordinatorAtOnce() throws Exception {
    Path run = folder.resolve("twice");
    StartedByHand started = new StartedByHand(folder, recipe, run, 1);
    try (Launched coordinator = started.coordinator();
        Launched worker = started.worker("only", started.port(coordinator))) {
      coordinator.awaitSteps(run, 3);
      // Now nobody can write the checkpoint that the first signal asks for.
      worker.close();
      coordinator.process().destroy();
      coordinator.awaitLine("once more ends it at once");
      coordinator.process().destroy();
      coordinator.await();
      assertEquals(143, coordinator.process().exitValue(), coordinator::errors);
    }
  }

  @Test
  void aRunThatIsAskedToEndBeforeItsFirstStepGoesOnAsItSays() throws Exception {
    Path run = folder.resolve("unbegun");
    String[] command = {
      "train", "--config", shortRecipe.toString(), "--workers", "2", "--out", run.toString()
    };
    try (Launched train = Launched.start(folder, command)) {
      train.awaitLine("0 of 2 have joined");
      train.process().destroy();
      train.await();
      assertEquals(3, train.process().exitValue(), train.errors());
      assertEquals(
          "no step was made yet; go on with: lockstep %s --resume"
              .formatted(String.join(" ", command)),
          train.lastLine());
    }
    List<String> again = new ArrayList<>(List.of(command));
    again.add("--resume");
    try (Collector collector = Collector.start()) {
      Map<String, String> traced = Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
      Launched.run(folder, traced, again.toArray(String[]::new)).succeeded();
      assertTraced(collector.told());
    }
    assertTrue(new RunFolder(run).lastCheckpoint().isPresent());
  }

  /** Each step is one trace, which the coordinator begins and both ranks have their parts in. */
  private static void assertTraced(List<Collector.Told> told) {
    List<Collector.Told> steps =
        told.stream().filter(span -> span.name().equals("training step")).toList();
    assertEquals(2, steps.size(), told::toString);
    for (Collector.Told step : steps) {
      assertEquals("lockstep-coordinator", step.service());
      List<Collector.Told> ranks =
          told.stream()
              .filter(span -> span.parent().equals(step.id()))
              .sorted(Comparator.comparing(span -> span.attributes().get("rank")))
              .toList();
      assertEquals(2, ranks.size(), told::toString);
      for (int rank = 0; rank < 2; rank++) {
        Collector.Told part = ranks.get(rank);
        assertEquals(Integer.toString(rank), part.attributes().get("rank"));
        assertEquals(step.trace(), part.trace());
        assertEquals(
            List.of(
                "prefetch",
                "forward and backward",
                "prefetch",
                "forward and backward",
                "reduce",
                "commit",
                "optimizer"),
            told.stream()
                .filter(span -> span.parent().equals(part.id()))
                .sorted(Comparator.comparingLong(Collector.Told::begin))
                .map(Collector.Told::name)
                .toList());
      }
    }
    for (String name :
        List.of("membership change", "come into membership", "checkpoint", "write checkpoint")) {
      assertTrue(told.stream().anyMatch(span -> span.name().equals(name)), () -> name + told);
    }
  }
}
