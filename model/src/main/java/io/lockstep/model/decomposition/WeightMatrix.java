package io.lockstep.model.decomposition;

import java.util.stream.IntStream;

/**
 * A weight to multiply vectors with. Rows and columns are shared out among threads, but each result
 * is summed by one thread in one order.
 */
public final class WeightMatrix {

  /** Columns that a thread sums at a time: with a few vectors they fit into its cache. */
  private static final int COLUMN_BLOCK = 512;

  private final float[] values;
  private final int storedRows;
  private final int storedColumns;
  private final boolean turned;

  private WeightMatrix(float[] values, int storedRows, int storedColumns, boolean turned) {
    this.values = values;
    this.storedRows = storedRows;
    this.storedColumns = storedColumns;
    this.turned = turned;
  }

  /**
   * A matrix of these values.
   *
   * @param values row by row, [rows, columns]; not copied
   * @throws IllegalArgumentException if there are more or fewer values
   */
  public static WeightMatrix of(float[] values, int rows, int columns) {
    if (values.length != Math.multiplyExact(rows, columns)) {
      throw new IllegalArgumentException(
          "%d values are no %d rows of %d".formatted(values.length, rows, columns));
    }
    return new WeightMatrix(values, rows, columns, false);
  }

  /** Number of rows. */
  public int rows() {
    return turned ? storedColumns : storedRows;
  }

  /** Number of columns. */
  public int columns() {
    return turned ? storedRows : storedColumns;
  }

  /** The matrix whose rows are this one's columns, of the same values. */
  WeightMatrix transposed() {
    return new WeightMatrix(values, storedRows, storedColumns, !turned);
  }

  /** The products with vectors of {@link #columns} values, each of {@link #rows}. */
  double[][] times(double[]... vectors) {
    return turned ? byColumns(vectors) : byRows(vectors);
  }

  /** The transposed matrix's products with vectors of {@link #rows} values. */
  double[][] transposedTimes(double[]... vectors) {
    return turned ? byRows(vectors) : byColumns(vectors);
  }

  /** A column. */
  double[] column(int index) {
    double[] column = new double[rows()];
    for (int i = 0; i < column.length; i++) {
      column[i] = turned ? values[index * storedColumns + i] : values[i * storedColumns + index];
    }
    return column;
  }

  private double[][] byRows(double[][] vectors) {
    double[][] products = new double[vectors.length][storedRows];
    IntStream.range(0, storedRows)
        .parallel()
        .forEach(row -> {
          double[] widened = new double[storedColumns];
          for (int i = 0; i < storedColumns; i++) {
            widened[i] = values[row * storedColumns + i];
          }
          for (int k = 0; k < vectors.length; k++) {
            products[k][row] = Vectors.dot(widened, vectors[k]);
          }
        });
    return products;
  }

  private double[][] byColumns(double[][] vectors) {
    double[][] products = new double[vectors.length][storedColumns];
    IntStream.range(0, Math.ceilDiv(storedColumns, COLUMN_BLOCK))
        .parallel()
        .forEach(block -> {
          int first = block * COLUMN_BLOCK;
          int end = Math.min(storedColumns, first + COLUMN_BLOCK);
          for (int row = 0; row < storedRows; row++) {
            int start = row * storedColumns;
            for (int k = 0; k < vectors.length; k++) {
              addScaled(products[k], vectors[k][row], start, first, end);
            }
          }
        });
    return products;
  }

  private void addScaled(double[] sums, double factor, int start, int first, int end) {
    for (int i = first; i < end; i++) {
      sums[i] += factor * values[start + i];
    }
  }
}
