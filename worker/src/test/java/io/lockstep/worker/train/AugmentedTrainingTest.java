package io.lockstep.worker.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.lockstep.collective.Collective;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.checkpoint.LoadedModel;
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

/** Training on augmented pictures. */
class AugmentedTrainingTest {

  private static final int STEPS = 3;
  private static final String AUGMENTATION =
      """
      augmentation:
        operators:
          - hflip: {p: 0.5}
          - rotate: {degrees: [-20, 20]}
          - random_crop: {scale: [0.4, 0.8], min_objects: 1}
          - color_jitter: {p: 0.7}
        curriculum:
          phases: [{until_step: 2, operators: {rotate: {degrees: [-5, 5]}}}]
      """;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void weightsAreTheSameBitsOnOneAndTwoWorkersAndNotThoseWithoutAugmentation() throws Exception {
    RunConfig augmented = config("augmentation: augment.yaml");
    float[] alone = train(1, augmented).getFirst();

    for (float[] weights : train(2, augmented)) {
      assertArrayEquals(alone, weights);
    }
    assertNotEquals(alone[0], train(1, config("dense_ratio: 0.5")).getFirst()[0]);
  }

  @Test
  void certificatesProbeRecordsAsTheyStandInTheFile() throws Exception {
    try (RunData plain = new RunData(config("dense_ratio: 0.5"));
        RunData augmented = new RunData(config("augmentation: augment.yaml"));
        LoadedModel model = LoadedModel.open(GoldenFamily.QWEN3_VL.checkpoint())) {
      List<Probe> probes = augmented.probes(model);

      assertEquals(plain.probes(model), probes);
    }
  }

  private List<float[]> train(int world, RunConfig config) throws Exception {
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

  private RunConfig config(String dataKey) throws Exception {
    Files.writeString(folder.resolve("augment.yaml"), AUGMENTATION);
    return RunConfig.parse(
        """
        run: {seed: 5}
        model: {path: %s}
        data: {train_jsonl: %s, template: target_dense, %s}
        training: {max_steps: %d, global_batch_size: 4, virtual_ranks: 2, global_max_length: 512}
        optimizer: {learning_rate: 1.0e-3, warmup_ratio: 0}
        """
            .formatted(GoldenFamily.QWEN3_VL.checkpoint(), pictures(), dataKey, STEPS),
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
          [{"desc": "a", "bbox_2d": [5, 5, 30, 30]}, {"desc": "b", "bbox_2d": [40, 30, 60, 60]}]}
          """
              .formatted(i));
    }
    Files.writeString(data, lines.toString());
    return data;
  }
}
