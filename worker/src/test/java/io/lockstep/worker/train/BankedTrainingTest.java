package io.lockstep.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.bank.BankReport;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.nio.file.Path;
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
    float[] alone = ShortTraining.weights(1, config("one", "bank"), STEPS).getFirst();
    Path bank = folder.resolve("one").resolve("patch_bank");
    BankReport report = BankReport.of(bank);
    assertTrue(report.patches() > 0, "nothing was put into the bank");
    assertEquals(0, report.damagedCount());

    assertArrayEquals(
        alone,
        ShortTraining.weights(1, config("one", "bank"), STEPS).getFirst(),
        "with a full bank");
    for (float[] weights : ShortTraining.weights(2, config("two", "bank"), STEPS)) {
      assertArrayEquals(alone, weights, "on two workers");
    }
    assertNotEquals(
        alone[0], ShortTraining.weights(1, config("self", "self"), STEPS).getFirst()[0]);
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
    return ShortTraining.pictures(
        folder, new Geometry.Box(5, 5, 15, 18), new Geometry.Box(40, 30, 50, 44));
  }
}
