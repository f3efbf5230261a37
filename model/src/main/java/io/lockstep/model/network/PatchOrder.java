package io.lockstep.model.network;

import io.lockstep.model.image.Grid;

/**
 * The order of the image processor: frame, block row, block column, row in block, column in block,
 * where a block becomes one token.
 */
final class PatchOrder {

  private PatchOrder() {}

  /** Sees the patches of a picture one by one. */
  @FunctionalInterface
  interface Visitor {
    void patch(int row, int column);
  }

  /** Walks through the patches of a picture whose blocks have {@code merge} patches a side. */
  static void walk(Grid grid, int merge, Visitor visitor) {
    for (int frame = 0; frame < grid.t(); frame++) {
      for (int blockRow = 0; blockRow < grid.h(); blockRow += merge) {
        for (int blockColumn = 0; blockColumn < grid.w(); blockColumn += merge) {
          block(blockRow, blockColumn, merge, visitor);
        }
      }
    }
  }

  private static void block(int blockRow, int blockColumn, int merge, Visitor visitor) {
    for (int row = blockRow; row < blockRow + merge; row++) {
      for (int column = blockColumn; column < blockColumn + merge; column++) {
        visitor.patch(row, column);
      }
    }
  }
}
