package io.lockstep.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.cli.run.Metrics;
import io.lockstep.cli.run.RunFolder;
import io.lockstep.cli.train.PlannedCost;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import io.lockstep.worker.zero.StageCost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every step of a run that shares out the weights sends what its passes need. */
class PlannedCostTest {

  private static final int STEPS = 12;
  private static final int STAGE = 3;

  @TempDir private static Path folder;

  @Test
  void stepsSendWhatIsPlannedForTheirPasses() throws Exception {
    TinyRun tiny = TinyRun.create(folder);
    Path recipe = tiny.recipe("shared.yaml", tiny.data().resolve("train.jsonl"), STEPS);
    Files.writeString(
        recipe,
        Files.readString(recipe)
                .replace("per_device_train_batch_size: 8", "per_device_train_batch_size: 4")
            + "deepspeed: {config: zero"
            + STAGE
            + "}\n");
    Path out = folder.resolve("shared");
    Launched.train(folder, recipe, 3, out.toString()).succeeded();
    RunConfig config = RunConfig.read(recipe);
    StageCost.Subject subject = PlannedCost.subject(config, TuningPlan.of(config));
    Set<String> passes = new HashSet<>();
    Metrics metrics = Metrics.read(new RunFolder(out).metrics());
    assertEquals(STEPS, metrics.rows().size());
    for (Metrics.Row row : metrics.rows()) {
      Metrics.Volume measured = row.volume();
      assertEquals(3, measured.world());
      StageCost planned = StageCost.of(subject, STAGE, 0, measured.passes());
      assertEquals(1, (double) measured.sent() / planned.sentBytes(), 0.02);
      assertEquals(planned.optimizerBytes(), measured.optimizer());
      passes.add(measured.passes().text());
    }
    assertTrue(passes.size() > 1, () -> "all steps have the passes " + passes);
  }
}
