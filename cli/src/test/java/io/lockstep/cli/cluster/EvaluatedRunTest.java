package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.cli.run.Evaluations;
import io.lockstep.cli.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs whose evaluations decide what is saved and where they end. */
class EvaluatedRunTest {

  /** Nothing is better by so much: the run ends with the third evaluation. */
  private static final String RULES =
      "eval_steps: 3, save_strategy: best, save_total_limit: 1, keep_best: 1, early_stopping_patience: 2, early_stopping_threshold: 100, ";

  private static final int END = 9;

  @TempDir private static Path folder;
  private static Path recipe = Path.of("");
  private static Path sharded = Path.of("");
  private static Launched undisturbed;

  @BeforeAll
  static void trainUndisturbed() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    recipe = tiny.recipe("evaluated.yaml", tiny.data().resolve("train.jsonl"), 40);
    String text =
        Files.readString(recipe)
                .replace("training: {", "training: {" + RULES)
                .replace(
                    "template:",
                    "val_jsonl: " + tiny.data().resolve("heldout.jsonl") + ", template:")
            + "cluster: {heartbeat_millis: 100, timeout_millis: 1000}\n";
    Files.writeString(recipe, text);
    sharded =
        Files.writeString(folder.resolve("sharded.yaml"), text + "deepspeed: {config: zero3}\n");
    undisturbed = Launched.train(folder, recipe, 1, "one").succeeded();
  }

  @Test
  void aRunEndsEarlySavedAndSaysWhyAndWhichCheckpointIsTheBest() throws Exception {
    String out = undisturbed.out();
    assertTrue(
        out.contains(
            "stopped early after step 9 of 40: eval_loss is not better in 2 evaluations in a row"),
        out);
    RunFolder run = new RunFolder(folder.resolve("one"));
    BestCheckpoint best = BestCheckpoint.of(run).orElseThrow();
    assertEquals("eval_loss", best.metric());
    assertTrue(out.contains("best checkpoint: %s (%s)".formatted(best.dir(), best.words())), out);
    assertTrue(out.contains("evaluated after step"), out);
    List<Evaluations.Row> rows = Evaluations.read(run).rows();
    assertEquals(List.of(3L, 6L, 9L), rows.stream().map(Evaluations.Row::step).toList());
    double lowest = rows.stream().mapToDouble(Evaluations.Row::loss).min().orElseThrow();
    assertEquals(lowest, best.figure());
    String page = Files.readString(run.root().resolve("index.html"));
    assertTrue(page.contains("eval_loss of the best checkpoint"), "the page says nothing of it");
    Launched.train(folder, recipe, 1, "one", "--resume")
        .failedWith(1, "was stopped early after step 9 of 40", "early_stopping_patience");
  }

  @Test
  void workersThatAreKilledChangeNeitherTheEndNorTheFiguresNorWhatIsKept() throws Exception {
    Path schedule =
        Files.writeString(
            folder.resolve("kills.jsonl"),
            """
            {"at_step": 3, "phase": "evaluating", "process": "worker-0", "restart_after": 0}
            {"at_step": 5, "phase": "computing", "process": "worker-1", "restart_after": 0}
            {"at_step": 6, "process": "coordinator", "restart_after": 0}
            """);
    Launched killed =
        Launched.train(folder, recipe, 3, "killed", "--kill-schedule", schedule.toString())
            .succeeded();
    assertSameAsUndisturbed(killed, "killed");
  }

  /** Rank 0 computes all, also where it has only just been given the weights of the others. */
  @Test
  void weightsThatAreSharedOutAreEvaluatedAlikeAlsoAfterTheLossOfWhoHadThem() throws Exception {
    Path schedule =
        Files.writeString(
            folder.resolve("sharded.jsonl"),
            """
            {"at_step": 3, "phase": "evaluating", "process": "worker-0", "restart_after": 0}
            """);
    Launched killed =
        Launched.train(folder, sharded, 2, "sharded", "--kill-schedule", schedule.toString())
            .succeeded();
    assertSameAsUndisturbed(killed, "sharded");
  }

  private static void assertSameAsUndisturbed(Launched run, String out) throws Exception {
    assertEquals(undisturbed.lastLine(), run.lastLine());
    assertEquals(
        Files.readAllLines(new RunFolder(folder.resolve("one")).evaluations()),
        Files.readAllLines(new RunFolder(folder.resolve(out)).evaluations()));
    assertEquals(checkpoints("one"), checkpoints(out));
    assertTrue(checkpoints(out).contains("step-%08d".formatted(END)));
  }

  private static List<String> checkpoints(String out) throws Exception {
    try (Stream<Path> entries = Files.list(folder.resolve(out).resolve("checkpoints"))) {
      return entries
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("step-"))
          .sorted()
          .toList();
    }
  }
}
