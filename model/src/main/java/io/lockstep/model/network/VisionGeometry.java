package io.lockstep.model.network;

import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;
import java.util.List;

/**
 * Where the patches of a batch's pictures lie: what the vision tower needs besides pixels. Plain
 * numbers, patch after patch in the order of the image processor (block row, block column, row in
 * block, column in block).
 *
 * @param patches number of patches N of all pictures and frames
 * @param segments patches of each attention segment (one per frame), in order; they sum to N
 * @param tableRows rows of the learned position table, [4, N]: the four corners around each patch
 * @param tableWeights bilinear weights of those rows, [4, N]
 * @param cos cosines of the 2-D rotary embedding, [N, headDim]
 * @param sin sines likewise
 */
@SuppressWarnings("ArrayRecordComponent")
record VisionGeometry(
    int patches,
    List<Integer> segments,
    long[] tableRows,
    float[] tableWeights,
    float[] cos,
    float[] sin) {

  static VisionGeometry of(Qwen3VisionConfig config, List<Grid> grids) {
    int patches = grids.stream().mapToInt(Grid::patches).sum();
    Builder builder = new Builder(config, patches);
    grids.forEach(builder::add);
    List<Integer> segments =
        grids.stream()
            .<Integer>mapMulti((grid, sink) -> {
              for (int frame = 0; frame < grid.t(); frame++) {
                sink.accept(grid.h() * grid.w());
              }
            })
            .toList();
    return new VisionGeometry(
        patches, segments, builder.tableRows, builder.tableWeights, builder.cos, builder.sin);
  }

  /** Fills the arrays patch by patch. */
  private static final class Builder {
    private final int patches;
    private final int merge;
    private final int tableSide;
    private final int headDim;
    private final float[] inverseFrequencies;
    private final long[] tableRows;
    private final float[] tableWeights;
    private final float[] cos;
    private final float[] sin;
    private int next;

    Builder(Qwen3VisionConfig config, int patches) {
      this.patches = patches;
      merge = config.spatialMergeSize();
      tableSide = config.positionGridSide();
      headDim = config.headDim();
      int half = headDim / 2;
      inverseFrequencies = new float[half / 2];
      for (int j = 0; j < inverseFrequencies.length; j++) {
        inverseFrequencies[j] = InverseFrequency.of(VisionConfig.ROPE_THETA, 2 * j, half);
      }
      tableRows = new long[4 * patches];
      tableWeights = new float[4 * patches];
      cos = new float[patches * headDim];
      sin = new float[patches * headDim];
    }

    void add(Grid grid) {
      for (int frame = 0; frame < grid.t(); frame++) {
        for (int blockRow = 0; blockRow < grid.h(); blockRow += merge) {
          for (int blockColumn = 0; blockColumn < grid.w(); blockColumn += merge) {
            for (int row = blockRow; row < blockRow + merge; row++) {
              for (int column = blockColumn; column < blockColumn + merge; column++) {
                learnedPosition(grid, row, column);
                rotary(row, column);
                next++;
              }
            }
          }
        }
      }
    }

    private void learnedPosition(Grid grid, int row, int column) {
      float y = onTable(row, grid.h());
      float x = onTable(column, grid.w());
      int top = (int) y;
      int left = (int) x;
      int bottom = Math.min(top + 1, tableSide - 1);
      int right = Math.min(left + 1, tableSide - 1);
      float down = y - top;
      float over = x - left;
      corner(0, top, left, (1 - down) * (1 - over));
      corner(1, top, right, (1 - down) * over);
      corner(2, bottom, left, down * (1 - over));
      corner(3, bottom, right, down * over);
    }

    private float onTable(int index, int count) {
      return count == 1 ? 0 : (float) ((double) index * (tableSide - 1) / (count - 1));
    }

    private void corner(int corner, int tableRow, int tableColumn, float weight) {
      tableRows[corner * patches + next] = (long) tableRow * tableSide + tableColumn;
      tableWeights[corner * patches + next] = weight;
    }

    private void rotary(int row, int column) {
      int quarter = inverseFrequencies.length;
      int half = 2 * quarter;
      int base = next * headDim;
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
