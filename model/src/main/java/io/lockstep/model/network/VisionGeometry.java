package io.lockstep.model.network;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;
import java.util.List;

/**
 * Where the patches of a batch's pictures lie, as plain numbers in {@link PatchOrder}.
 *
 * @param patches number of patches N of all pictures and frames
 * @param frames patches of each frame, in order; they sum to N
 * @param angles of the 2-D rotary embedding, N rows
 */
record VisionGeometry(int patches, List<Integer> frames, RotaryAngles angles) {

  static VisionGeometry of(VisionConfig config, List<Grid> grids) {
    int patches = grids.stream().mapToInt(Grid::patches).sum();
    Angles angles = new Angles(config, patches);
    grids.forEach(grid -> PatchOrder.walk(grid, config.spatialMergeSize(), angles));
    List<Integer> frames =
        grids.stream()
            .<Integer>mapMulti((grid, sink) -> {
              for (int frame = 0; frame < grid.t(); frame++) {
                sink.accept(grid.h() * grid.w());
              }
            })
            .toList();
    return new VisionGeometry(patches, frames, new RotaryAngles(angles.values, config.headDim()));
  }

  /** Fills the angles patch by patch: the row gives the first half, the column the second. */
  private static final class Angles implements PatchOrder.Visitor {
    private final float[] inverseFrequencies;
    private final float[] values;
    private int next;

    Angles(VisionConfig config, int patches) {
      int half = config.headDim() / 2;
      inverseFrequencies = InverseFrequency.all(VisionConfig.ROPE_THETA, half);
      values = new float[Math.multiplyExact(patches, half)];
    }

    @Override
    public void patch(int row, int column) {
      int quarter = inverseFrequencies.length;
      for (int j = 0; j < quarter; j++) {
        values[next + j] = row * inverseFrequencies[j];
        values[next + quarter + j] = column * inverseFrequencies[j];
      }
      next += 2 * quarter;
    }
  }
}
