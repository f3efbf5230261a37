package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.preflight.ProbeChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on augmented pictures. */
class AugmentedTrainingTest {

  private static final int STEPS = 3;
  private static final String AUGMENTATION =
      """
      augmentation:
        ops:
          - {name: hflip, params: {prob: 0.5}}
          - {name: rotate, params: {max_deg: [-20, 20]}}
          - {name: random_crop, params: {scale: [0.4, 0.8], min_objects: 1}}
          - {name: color_jitter, params: {prob: 0.7}}
        curriculum:
          phases: [{until_step: 2, ops: {rotate: {max_deg: [-5, 5]}}}]
      """;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void weightsAreTheSameBitsOnOneAndTwoWorkersAndNotThoseWithoutAugmentation() throws Exception {
    RunConfig augmented = config("augmentation: augment.yaml");
    float[] alone = ShortTraining.weights(1, augmented, STEPS).getFirst();

    for (float[] weights : ShortTraining.weights(2, augmented, STEPS)) {
      assertArrayEquals(alone, weights);
    }
    assertNotEquals(
        alone[0], ShortTraining.weights(1, config("emit_norm: norm1000"), STEPS).getFirst()[0]);
  }

  @Test
  void certificatesProbeRecordsAsTheyStandInTheFile() throws Exception {
    try (RunData plain = new RunData(config("emit_norm: norm1000"));
        RunData augmented = new RunData(config("augmentation: augment.yaml"));
        LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      List<Probe> probes = ProbeChoice.of(augmented, model);

      assertEquals(ProbeChoice.of(plain, model), probes);
    }
  }

  private RunConfig config(String customKey) throws Exception {
    Files.writeString(folder.resolve("augment.yaml"), AUGMENTATION);
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %s}
        data: {train_jsonl: %s, template: target_dense}
        custom: {%s}
        training: {seed: 5, max_steps: %d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-3, warmup_ratio: 0}
        tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
        cluster: {virtual_ranks: 2}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), pictures(), customKey, STEPS),
        "test",
        folder);
  }

  private Path pictures() throws IOException {
    return ShortTraining.pictures(
        folder, new Geometry.Box(5, 5, 30, 30), new Geometry.Box(40, 30, 60, 60));
  }
}
