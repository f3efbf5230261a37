package io.lockstep.model.network;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;
import java.util.List;

/**
 * Where the patches of a batch's pictures lie, as plain numbers in {@link PatchOrder}.
 *
 * @param patches number of patches N of all pictures and frames
 * @param frames patches of each frame, in order; they sum to N
 * @param cos cosines of the 2-D rotary embedding, [N, headDim]
 * @param sin sines likewise
 */
@SuppressWarnings("ArrayRecordComponent")
record VisionGeometry(int patches, List<Integer> frames, float[] cos, float[] sin) {

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
    return new VisionGeometry(patches, frames, angles.cos, angles.sin);
  }

  /** Fills the rotary angles patch by patch: rows turn the first half, columns the second. */
  private static final class Angles implements PatchOrder.Visitor {
    private final int headDim;
    private final float[] inverseFrequencies;
    private final float[] cos;
    private final float[] sin;
    private int next;

    Angles(VisionConfig config, int patches) {
      headDim = config.headDim();
      int half = headDim / 2;
      inverseFrequencies = new float[half / 2];
      for (int j = 0; j < inverseFrequencies.length; j++) {
        inverseFrequencies[j] = InverseFrequency.of(VisionConfig.ROPE_THETA, 2 * j, half);
      }
      cos = new float[patches * headDim];
      sin = new float[patches * headDim];
    }

    @Override
    public void patch(int row, int column) {
      int quarter = inverseFrequencies.length;
      int half = 2 * quarter;
      int base = next++ * headDim;
      for (int j = 0; j < half; j++) {
        float angle =
            j < quarter ? row * inverseFrequencies[j] : column * inverseFrequencies[j - quarter];
        float cosine = (float) Math.cos(angle);
        float sine = (float) Math.sin(angle);
        cos[base + j] = cosine;
        cos[base + half + j] = cosine;
        sin[base + j] = sine;
        sin[base + half + j] = sine;
      }
    }
  }
}
