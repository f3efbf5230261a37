package io.lockstep.cli.chart;

import java.util.stream.IntStream;

/**
 * Which points of a long curve are drawn. A curve is cut into pieces of equally many points; of
 * each piece the lowest and the highest point stay, so that a spike of a single step is seen
 * however long the curve is. What stays is as it was.
 */
final class Thinning {

  private Thinning() {}

  /**
   * Indices of the points to draw, ascending: all of them if they are few, else about {@code most};
   * the first and the last are among them.
   *
   * @param y finite values
   * @param most points, at least 4
   */
  static int[] of(double[] y, int most) {
    if (y.length <= most) {
      return IntStream.range(0, y.length).toArray();
    }
    int pieces = (most - 2) / 2;
    IntStream extremes =
        IntStream.range(0, pieces)
            .flatMap(piece ->
                extremes(
                    y, boundary(y.length, piece, pieces), boundary(y.length, piece + 1, pieces)));
    return IntStream.concat(IntStream.of(0, y.length - 1), extremes).sorted().distinct().toArray();
  }

  private static int boundary(int length, int piece, int pieces) {
    return (int) ((long) length * piece / pieces);
  }

  private static IntStream extremes(double[] y, int from, int end) {
    int low = from;
    int high = from;
    for (int i = from; i < end; i++) {
      low = y[i] < y[low] ? i : low;
      high = y[i] > y[high] ? i : high;
    }
    return IntStream.of(low, high);
  }
}
