package io.lockstep.model.layer;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the patches of a batch's pictures lie, as plain numbers in the order of the image
 * processor: frame, block row, block column, row in block, column in block, where a block becomes
 * one token.
 *
 * @param patches number of patches N of all pictures and frames
 * @param frames patches of each frame, in order; they sum to N
 * @param angles of the 2-D rotary embedding, [N, width of a head / 2]: the row gives the first
 *     half, the column the second
 */
@SuppressWarnings("ArrayRecordComponent")
public record PatchPlaces(int patches, List<Integer> frames, float[] angles) {

  /** Sees the patches of pictures one by one. */
  @FunctionalInterface
  public interface Visitor {
    /** A patch at a row and column of a picture. */
    void patch(Grid grid, int row, int column);
  }

  /** Those of pictures. */
  public static PatchPlaces of(VisionConfig config, List<Grid> grids) {
    int patches = grids.stream().mapToInt(Grid::patches).sum();
    float[] inverse = InverseFrequency.all(VisionConfig.ROPE_THETA, config.headDim() / 2);
    int quarter = inverse.length;
    float[] angles = new float[Math.multiplyExact(patches, 2 * quarter)];
    int[] next = new int[1];
    walk(
        grids,
        config.spatialMergeSize(),
        (grid, row, column) -> {
          for (int j = 0; j < quarter; j++) {
            angles[next[0] + j] = row * inverse[j];
            angles[next[0] + quarter + j] = column * inverse[j];
          }
          next[0] += 2 * quarter;
        });
    List<Integer> frames = new ArrayList<>();
    for (Grid grid : grids) {
      for (int frame = 0; frame < grid.t(); frame++) {
        frames.add(grid.h() * grid.w());
      }
    }
    return new PatchPlaces(patches, List.copyOf(frames), angles);
  }

  /** Walks through the patches of pictures whose blocks have {@code merge} patches a side. */
  public static void walk(List<Grid> grids, int merge, Visitor visitor) {
    for (Grid grid : grids) {
      for (int frame = 0; frame < grid.t(); frame++) {
        for (int blockRow = 0; blockRow < grid.h(); blockRow += merge) {
          for (int blockColumn = 0; blockColumn < grid.w(); blockColumn += merge) {
            for (int i = 0; i < merge * merge; i++) {
              visitor.patch(grid, blockRow + i / merge, blockColumn + i % merge);
            }
          }
        }
      }
    }
  }
}
