package io.lockstep.model.cost;

import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** A pass through a model, and the memory that it takes. */
final class MeasuredPass {

  private MeasuredPass() {}

  /**
   * Most bytes that are there at once during a forward and backward pass, beside what was there.
   */
  static long bytes(
      Path folder,
      ModelConfig config,
      TrainableModel model,
      ActivationBytes.Load load,
      boolean checkpointing)
      throws IOException {
    Batch batch = batch(config, load);
    Targets targets = Targets.of(batch);
    SegmentedModel segmented =
        new SegmentedModel(config, model, checkpointing, Objective.CROSS_ENTROPY);
    return AllocatorLog.mostDuring(
        folder,
        () -> {
          var _ =
              segmented.pass(
                  batch,
                  targets,
                  new int[0],
                  new double[] {1},
                  new SeededDropout.Pass(1, 0, 0, 0),
                  SegmentWeights.resident(model.trained()),
                  (segment, gradients) -> {});
        });
  }

  /** Rows whose pictures come first, and whose last tokens are learned. */
  private static Batch batch(ModelConfig config, ActivationBytes.Load load) {
    int rows = Math.toIntExact(load.rows());
    int length = Math.toIntExact(load.length());
    int merge = config.vision().spatialMergeSize();
    long pictures = load.pictures();
    int side = (int) Math.sqrt((double) load.patchesOfPicture());
    int pictureTokens = side / merge * (side / merge);
    long[] ids = new long[rows * length];
    long[] present = new long[ids.length];
    long[] labels = new long[ids.length];
    long[] positions = new long[3 * ids.length];
    Arrays.fill(labels, -100);
    Arrays.fill(present, 1);
    int learned = Math.toIntExact(load.supervised() / rows);
    for (int i = 0; i < ids.length; i++) {
      int place = i % length;
      ids[i] = 3L + i % 97;
      if (pictures > 0 && place < pictureTokens) {
        ids[i] = config.imageTokenId();
      }
      if (place >= length - learned) {
        labels[i] = ids[i];
      }
      for (int axis = 0; axis < 3; axis++) {
        positions[axis * ids.length + i] = place;
      }
    }
    for (int row = 1; row < rows; row++) {
      // Rows of unequal length are padded, as nearly all are.
      present[row * length] = pictures > 0 ? 1 : 0;
    }
    float[] pixels =
        new float[Math.toIntExact(pictures * side * side * config.vision().patchValues())];
    return new Batch(
        rows,
        length,
        ids,
        present,
        labels,
        positions,
        new long[rows],
        pixels,
        Collections.nCopies(Math.toIntExact(pictures), new Grid(1, side, side)),
        new long[0],
        List.of());
  }
}
