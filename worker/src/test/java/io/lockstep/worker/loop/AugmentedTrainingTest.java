package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.preflight.ProbeChoice;
import io.lockstep.worker.protocol.Counts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
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
  void everyPictureIsCountedForEveryOperator() throws Exception {
    SortedMap<String, Long> active = counts(config("augmentation: augment.yaml"));
    assertEquals(8, of(active, "rotate_applied"));
    for (String operator : List.of("hflip", "rotate", "random_crop", "color_jitter")) {
      assertEquals(8, of(active, operator + "_applied") + of(active, operator + "_skipped"));
    }
    assertTrue(
        of(active, "hflip_applied") > 0 && of(active, "hflip_skipped") > 0, active.toString());

    SortedMap<String, Long> off =
        counts(config("augmentation: {enabled: false, ops: [{name: hflip}, {name: gamma}]}"));
    assertEquals(Map.of("aug/hflip_skipped", 8L, "aug/gamma_skipped", 8L), off);
    assertEquals(Map.of(), counts(config("emit_norm: norm1000")));
  }

  private static long of(SortedMap<String, Long> counts, String name) {
    return counts.getOrDefault("aug/" + name, 0L);
  }

  /** What is counted of two steps' samples. */
  private static SortedMap<String, Long> counts(RunConfig config) throws Exception {
    try (RunData data = new RunData(config);
        LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      Counts counts = Counts.NONE;
      for (int step = 0; step < 2; step++) {
        for (int virtualRank = 0; virtualRank < 2; virtualRank++) {
          counts = counts.plus(data.microBatches(model).make(step, virtualRank).allCounts());
        }
      }
      return counts.values();
    }
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
