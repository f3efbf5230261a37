package io.lockstep.worker.loop;

import io.lockstep.collective.Collective;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.PngFile;
import io.lockstep.data.image.RgbImage;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.step.TrainingRank;
import io.lockstep.worker.step.WorldFigures;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** A few steps on a few noisy pictures. */
public final class ShortTraining {

  private static final int PICTURES = 6;
  private static final int SIDE = 64;

  private ShortTraining() {}

  /** The weights that each rank of a world has after so many steps. */
  public static List<float[]> weights(int world, RunConfig config, int steps) throws Exception {
    WorldFigures figures = new WorldFigures(world, steps);
    return LocalRanks.run(world, ranks -> train(ranks, config, figures, steps));
  }

  private static float[] train(Collective ranks, RunConfig config, WorldFigures figures, int steps)
      throws Exception {
    try (RunData data = new RunData(config);
        TrainingRank rank =
            new TrainingRank(
                config,
                () -> TuningPlan.of(config).load(config),
                data::microBatches,
                steps,
                ranks)) {
      for (int step = 0; step < steps; step++) {
        try (Scope scope = Scope.open()) {
          rank.apply(figures.commit(step, rank.reduce(step)));
        }
      }
      return Buffer.of(rank.model().parameters().flat()).floats().toArray();
    }
  }

  /** Writes pictures of 64 x 64 with the same two objects, unless they are there; their JSONL. */
  public static Path pictures(Path folder, Geometry.Box first, Geometry.Box second)
      throws IOException {
    Path data = folder.resolve("pictures.jsonl");
    if (Files.exists(data)) {
      return data;
    }
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < PICTURES; i++) {
      byte[] rgb = new byte[SIDE * SIDE * 3];
      new SplittableRandom(i).nextBytes(rgb);
      PngFile.write(new RgbImage(SIDE, SIDE, rgb), folder.resolve(i + ".png"));
      lines.append(
          """
          {"images": ["%d.png"], "width": %d, "height": %d, "objects": \
          [{"desc": "a", "bbox_2d": %s}, {"desc": "b", "bbox_2d": %s}]}
          """
              .formatted(i, SIDE, SIDE, corners(first), corners(second)));
    }
    return Files.writeString(data, lines);
  }

  private static List<Double> corners(Geometry.Box box) {
    return List.of(box.x1(), box.y1(), box.x2(), box.y2());
  }
}
