package io.lockstep.model.family.qwen25vl;

import io.lockstep.model.image.Grid;
import java.util.ArrayList;
import java.util.List;

/**
 * The windows of Qwen2.5-VL: each frame's merged tokens are tiled, row by row, into squares, cut
 * off at the right and lower edges.
 *
 * @param order which merged token comes at each place once windows are contiguous, [M]
 * @param inverse where each merged token went, [M]
 * @param sizes patches of each window, in order
 */
@SuppressWarnings("ArrayRecordComponent")
record Windows(long[] order, long[] inverse, List<Integer> sizes) {

  static Windows of(Qwen25VisionConfig config, List<Grid> grids) {
    int merge = config.spatialMergeSize();
    int tokens = grids.stream().mapToInt(grid -> grid.tokens(merge)).sum();
    Builder builder = new Builder(config.windowTokens(), merge, tokens);
    grids.forEach(builder::add);
    return builder.build();
  }

  /** Angles of patches in the order of the windows. */
  float[] reorder(float[] angles) {
    int width = angles.length / order.length;
    float[] reordered = new float[angles.length];
    for (int place = 0; place < order.length; place++) {
      System.arraycopy(angles, (int) order[place] * width, reordered, place * width, width);
    }
    return reordered;
  }

  /** Lists tokens window by window. */
  private static final class Builder {
    private final int side;
    private final int merge;
    private final long[] order;
    private final List<Integer> sizes = new ArrayList<>();
    private int next;

    Builder(int side, int merge, int tokens) {
      this.side = side;
      this.merge = merge;
      order = new long[tokens];
    }

    void add(Grid grid) {
      int height = grid.h() / merge;
      int width = grid.w() / merge;
      for (int frame = 0; frame < grid.t(); frame++) {
        int first = next;
        for (int top = 0; top < height; top += side) {
          for (int left = 0; left < width; left += side) {
            int bottom = Math.min(top + side, height);
            int right = Math.min(left + side, width);
            sizes.add((bottom - top) * (right - left) * merge * merge);
            for (int row = top; row < bottom; row++) {
              for (int column = left; column < right; column++) {
                order[next++] = first + (long) row * width + column;
              }
            }
          }
        }
      }
    }

    Windows build() {
      long[] inverse = new long[order.length];
      for (int place = 0; place < order.length; place++) {
        inverse[(int) order[place]] = place;
      }
      return new Windows(order, inverse, List.copyOf(sizes));
    }
  }
}
