package io.lockstep.model.family.qwen3vl;

import io.lockstep.model.image.Grid;
import io.lockstep.model.layer.PatchPlaces;
import java.util.List;

/**
 * Where patches fall on Qwen3-VL's learned position table, which is stretched over each picture and
 * interpolated bilinearly.
 *
 * @param tableRows rows of the table, [4, N]: the four corners around each patch
 * @param tableWeights bilinear weights of those rows, [4, N]
 */
@SuppressWarnings("ArrayRecordComponent")
record LearnedPositions(long[] tableRows, float[] tableWeights) {

  static LearnedPositions of(Qwen3VisionConfig config, List<Grid> grids) {
    int patches = grids.stream().mapToInt(Grid::patches).sum();
    Builder builder = new Builder(config.positionGridSide(), patches);
    PatchPlaces.walk(grids, config.spatialMergeSize(), builder::patch);
    return new LearnedPositions(builder.tableRows, builder.tableWeights);
  }

  /** Fills the arrays patch by patch. */
  private static final class Builder {
    private final int tableSide;
    private final int patches;
    private final long[] tableRows;
    private final float[] tableWeights;
    private int next;

    Builder(int tableSide, int patches) {
      this.tableSide = tableSide;
      this.patches = patches;
      tableRows = new long[Math.multiplyExact(4, patches)];
      tableWeights = new float[Math.multiplyExact(4, patches)];
    }

    void patch(Grid grid, int row, int column) {
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
      next++;
    }

    private float onTable(int index, int count) {
      return count == 1 ? 0 : (float) ((double) index * (tableSide - 1) / (count - 1));
    }

    private void corner(int corner, int tableRow, int tableColumn, float weight) {
      tableRows[corner * patches + next] = (long) tableRow * tableSide + tableColumn;
      tableWeights[corner * patches + next] = weight;
    }
  }
}
