package io.lockstep.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Products of up to four rows with a panel, at the rate at which memory gives the panel. Adds in
 * the order of {@link RowProducts}.
 *
 * <p>The loops are written for the compiler to make vector instructions of them: panel, sums and
 * totals lie in one array at distances that are constants, so that it sees that what is written is
 * not what is read next. Used by one thread.
 */
final class FewRows {

  /** Most rows at once. */
  static final int MOST = 4;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private static final int WIDTH = RowProducts.PANEL;

  /** Rows of the panel that are added at once: the first four places of {@link #values}. */
  private static final int TOGETHER = 4;

  private static final int SUMS = TOGETHER * WIDTH;
  private static final int TOTALS = SUMS + MOST * WIDTH;

  private final float[] values = new float[TOTALS + MOST * WIDTH];

  /** What the rows of the panel are weighed with, [MOST, BLOCK]. */
  private final float[] weights = new float[MOST * RowProducts.BLOCK];

  /** Computes {@code y[r] = sum over k of x[r][k] panel[k]}. */
  void product(Panel panel, Rows x, int rows, Rows y) {
    if (rows == 1 || panel.width() == WIDTH) {
      together(panel, x, rows, y);
      return;
    }
    for (int row = 0; row < rows; row++) {
      together(panel, x.row(row), 1, y.row(row));
    }
  }

  private void together(Panel panel, Rows x, int rows, Rows y) {
    Arrays.fill(values, TOTALS, values.length, 0);
    for (int first = 0; first < panel.count(); first += RowProducts.BLOCK) {
      block(panel, x, rows, first, Math.min(RowProducts.BLOCK, panel.count() - first));
      addTotals(values, rows * WIDTH);
    }
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          values,
          TOTALS + row * WIDTH,
          y.memory(),
          FLOAT,
          Dtype.FLOAT32.bytes((long) row * y.stride()),
          panel.width());
    }
  }

  private void block(Panel panel, Rows x, int rows, int first, int count) {
    Arrays.fill(values, SUMS, TOTALS, 0);
    Arrays.fill(weights, 0);
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(
          x.memory(),
          FLOAT,
          Dtype.FLOAT32.bytes((long) row * x.stride() + first),
          weights,
          row * RowProducts.BLOCK,
          count);
    }
    for (int k = 0; k < count; k += TOGETHER) {
      load(panel, first + k, Math.min(TOGETHER, count - k));
      if (rows == 1) {
        addToOne(values, weights, k, panel.width());
      } else {
        addToFour(values, weights, k);
      }
    }
  }

  /** Copies some rows of the panel; rows after the last one are zero. */
  private void load(Panel panel, int first, int count) {
    long at = Dtype.FLOAT32.bytes((long) first * panel.stride());
    if (panel.stride() == WIDTH) {
      MemorySegment.copy(panel.memory(), FLOAT, at, values, 0, (count - 1) * WIDTH + panel.width());
    } else {
      for (int k = 0; k < count; k++) {
        MemorySegment.copy(
            panel.memory(),
            FLOAT,
            at + Dtype.FLOAT32.bytes((long) k * panel.stride()),
            values,
            k * WIDTH,
            panel.width());
      }
    }
    if (count < TOGETHER) {
      Arrays.fill(values, count * WIDTH, SUMS, 0);
    }
  }

  private static void addToOne(float[] v, float[] w, int k, int width) {
    float a0 = w[k];
    float a1 = w[k + 1];
    float a2 = w[k + 2];
    float a3 = w[k + 3];
    for (int j = 0; j < width; j++) {
      float sum = Math.fma(a0, v[j], v[j + SUMS]);
      sum = Math.fma(a1, v[j + WIDTH], sum);
      sum = Math.fma(a2, v[j + 2 * WIDTH], sum);
      v[j + SUMS] = Math.fma(a3, v[j + 3 * WIDTH], sum);
    }
  }

  /** For a whole width: with another end of the loop the compiler makes no vectors of so much. */
  private static void addToFour(float[] v, float[] w, int k) {
    float a0 = w[k];
    float a1 = w[k + 1];
    float a2 = w[k + 2];
    float a3 = w[k + 3];
    int second = RowProducts.BLOCK + k;
    float b0 = w[second];
    float b1 = w[second + 1];
    float b2 = w[second + 2];
    float b3 = w[second + 3];
    int third = 2 * RowProducts.BLOCK + k;
    float c0 = w[third];
    float c1 = w[third + 1];
    float c2 = w[third + 2];
    float c3 = w[third + 3];
    int fourth = 3 * RowProducts.BLOCK + k;
    float d0 = w[fourth];
    float d1 = w[fourth + 1];
    float d2 = w[fourth + 2];
    float d3 = w[fourth + 3];
    for (int j = 0; j < WIDTH; j++) {
      v[j + SUMS] =
          Math.fma(
              a3,
              v[j + 3 * WIDTH],
              Math.fma(
                  a2,
                  v[j + 2 * WIDTH],
                  Math.fma(a1, v[j + WIDTH], Math.fma(a0, v[j], v[j + SUMS]))));
      v[j + SUMS + WIDTH] =
          Math.fma(
              b3,
              v[j + 3 * WIDTH],
              Math.fma(
                  b2,
                  v[j + 2 * WIDTH],
                  Math.fma(b1, v[j + WIDTH], Math.fma(b0, v[j], v[j + SUMS + WIDTH]))));
      v[j + SUMS + 2 * WIDTH] =
          Math.fma(
              c3,
              v[j + 3 * WIDTH],
              Math.fma(
                  c2,
                  v[j + 2 * WIDTH],
                  Math.fma(c1, v[j + WIDTH], Math.fma(c0, v[j], v[j + SUMS + 2 * WIDTH]))));
      v[j + SUMS + 3 * WIDTH] =
          Math.fma(
              d3,
              v[j + 3 * WIDTH],
              Math.fma(
                  d2,
                  v[j + 2 * WIDTH],
                  Math.fma(d1, v[j + WIDTH], Math.fma(d0, v[j], v[j + SUMS + 3 * WIDTH]))));
    }
  }

  private static void addTotals(float[] v, int count) {
    for (int j = 0; j < count; j++) {
      v[j + TOTALS] += v[j + SUMS];
    }
  }
}
