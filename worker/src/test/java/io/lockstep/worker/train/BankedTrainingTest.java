package io.lockstep.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.Collective;
import io.lockstep.data.bank.BankReport;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on pictures into which pieces of others are pasted by way of a bank. */
class BankedTrainingTest {

  /** The first steps have nothing before them to take pieces of. */
  private static final int STEPS = 7;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void weightsAreTheSameBitsOnOneAndTwoWorkersWhateverTheBankHolds() throws Exception {
    float[] alone = train(1, config("one", "bank")).getFirst();
    Path bank = folder.resolve("one").resolve("patch_bank");
    BankReport report = BankReport.of(bank);
    assertTrue(report.patches() > 0, "nothing was put into the bank");
    assertEquals(0, report.damagedCount());

    assertArrayEquals(alone, train(1, config("one", "bank")).getFirst(), "with a full bank");
    for (float[] weights : train(2, config("two", "bank"))) {
      assertArrayEquals(alone, weights, "on two workers");
    }
    assertNotEquals(alone[0], train(1, config("self", "self")).getFirst()[0]);
  }

  private static List<float[]> train(int world, RunConfig config) throws Exception {
    WorldFigures figures = new WorldFigures(world, STEPS);
    return LocalRanks.run(world, ranks -> train(ranks, config, figures));
  }

  private static float[] train(Collective ranks, RunConfig config, WorldFigures figures)
      throws Exception {
    try (RunData data = new RunData(config);
        TrainingRank rank =
            new TrainingRank(
                config,
                () -> TuningPlan.of(config).load(config),
                data::microBatches,
                STEPS,
                ranks)) {
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          rank.apply(figures.commit(step, rank.reduce(step)));
        }
      }
      return TensorMemory.of(rank.model().parameters().flat()).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private RunConfig config(String run, String sourceMode) throws Exception {
    return RunConfig.parse(
        """
        run: {seed: 5, output_dir: %s}
        model: {path: %s}
        data: {train_jsonl: %s, template: target_dense}
        training: {max_steps: %d, global_batch_size: 4, virtual_ranks: 2, global_max_length: 512}
        optimizer: {learning_rate: 1.0e-3, warmup_ratio: 0}
        augmentation:
          operators:
            - small_object_zoom_paste: {source_mode: %s, scale: 1, overlap_threshold: 0.5}
        """
            .formatted(run, GoldenFamily.QWEN3_VL.checkpoint(), pictures(), STEPS, sourceMode),
        "test",
        folder);
  }

  private Path pictures() throws IOException {
    Path data = folder.resolve("pictures.jsonl");
    if (Files.exists(data)) {
      return data;
    }
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 6; i++) {
      byte[] rgb = new byte[64 * 64 * 3];
      new SplittableRandom(i).nextBytes(rgb);
      PngFile.write(new RgbImage(64, 64, rgb), folder.resolve(i + ".png"));
      lines.append(
          """
          {"images": ["%d.png"], "width": 64, "height": 64, "objects": \
          [{"desc": "a", "bbox_2d": [5, 5, 15, 18]}, {"desc": "b", "bbox_2d": [40, 30, 50, 44]}]}
          """
              .formatted(i));
    }
    return Files.writeString(data, lines);
  }
}
