package io.lockstep.tensor;

import java.util.Arrays;

/**
 * The order in which squares are added: a tree whose shape follows from their number alone, of
 * additions that processors and devices make many of at a time. See {@link Kernels#squareSum}.
 */
final class SquareTree {

  /** Values side by side that are added first. */
  static final int PIECE = 4096;

  private SquareTree() {}

  /** How many pieces some values are. */
  static long pieces(long values) {
    return Math.ceilDiv(values, PIECE);
  }

  /**
   * The sum of one piece; changes the values.
   *
   * @param count how many there are, at most {@link #PIECE}; those behind count as zeros
   */
  static double ofPiece(double[] values, int count) {
    Arrays.fill(values, count, PIECE, 0);
    for (int half = PIECE / 2; half >= 1; half /= 2) {
      for (int i = 0; i < half; i++) {
        values[i] += values[i + half];
      }
    }
    return values[0];
  }

  /** The sum of the sums of pieces, put together the same way until one is left. */
  static double ofSums(double[] sums) {
    double[] piece = new double[PIECE];
    double[] level = sums;
    while (level.length > 1) {
      double[] next = new double[Math.toIntExact(pieces(level.length))];
      for (int i = 0; i < next.length; i++) {
        int from = i * PIECE;
        int count = Math.min(PIECE, level.length - from);
        System.arraycopy(level, from, piece, 0, count);
        next[i] = ofPiece(piece, count);
      }
      level = next;
    }
    return level.length == 0 ? 0 : level[0];
  }
}
