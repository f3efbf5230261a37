package io.lockstep.data.score;

import java.util.Arrays;

/**
 * The one-to-one matching of rows and columns with the greatest sum of gains.
 *
 * <p>Kuhn's Hungarian method (1955) in the form that augments one row at a time along shortest
 * paths of reduced costs (Jonker and Volgenant, 1987): O(rows² · columns). It is written here
 * because graph libraries want both sides padded to the same size, an object for each edge, and
 * bring several times the size of this module with them.
 */
public final class Assignment {

  /** The column of a row that has none. */
  public static final int NONE = -1;

  private Assignment() {}

  /**
   * The best column of each row. Every row has one, or every column is taken; where several
   * matchings have the same sum, which of them is returned depends on the gains alone.
   *
   * @param gains [rows, columns], finite
   * @return a column of each row, no column twice, {@link #NONE} for rows without
   * @throws IllegalArgumentException if the rows differ in length or a gain is not finite
   */
  public static int[] best(double[][] gains) {
    int rows = gains.length;
    int columns = rows == 0 ? 0 : gains[0].length;
    requireTable(gains, columns);
    if (rows <= columns) {
      return rowByRow(gains, rows, columns);
    }
    int[] rowOfColumn = rowByRow(transposed(gains, columns), columns, rows);
    int[] columnOfRow = new int[rows];
    Arrays.fill(columnOfRow, NONE);
    for (int column = 0; column < columns; column++) {
      columnOfRow[rowOfColumn[column]] = column;
    }
    return columnOfRow;
  }

  private static void requireTable(double[][] gains, int columns) {
    for (double[] row : gains) {
      if (row.length != columns) {
        throw new IllegalArgumentException(
            "rows of %d and of %d gains: give a table".formatted(columns, row.length));
      }
      for (double gain : row) {
        if (!Double.isFinite(gain)) {
          throw new IllegalArgumentException("a gain must be a finite number, not " + gain);
        }
      }
    }
  }

  private static double[][] transposed(double[][] table, int columns) {
    double[][] turned = new double[columns][table.length];
    for (int row = 0; row < table.length; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column][row] = table[row][column];
      }
    }
    return turned;
  }

  /** For no more rows than columns. Column 0 of the work arrays stands for "not assigned yet". */
  private static int[] rowByRow(double[][] gains, int rows, int columns) {
    double[] rowPotential = new double[rows + 1];
    double[] columnPotential = new double[columns + 1];
    int[] rowAt = new int[columns + 1];
    for (int row = 1; row <= rows; row++) {
      rowAt[0] = row;
      int[] before = new int[columns + 1];
      int end = shortestPath(gains, rowPotential, columnPotential, rowAt, before);
      for (int column = end; column != 0; column = before[column]) {
        rowAt[column] = rowAt[before[column]];
      }
    }
    int[] columnOfRow = new int[rows];
    for (int column = 1; column <= columns; column++) {
      if (rowAt[column] != 0) {
        columnOfRow[rowAt[column] - 1] = column - 1;
      }
    }
    return columnOfRow;
  }

  /**
   * Dijkstra over reduced costs from the row at column 0 to a free column, updating the potentials.
   *
   * @param before filled with the column before each one on the path
   * @return the free column
   */
  private static int shortestPath(
      double[][] gains,
      double[] rowPotential,
      double[] columnPotential,
      int[] rowAt,
      int[] before) {
    int columns = rowAt.length - 1;
    double[] distance = new double[columns + 1];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    boolean[] seen = new boolean[columns + 1];
    int at = 0;
    do {
      seen[at] = true;
      int row = rowAt[at];
      double least = Double.POSITIVE_INFINITY;
      int next = 0;
      for (int column = 1; column <= columns; column++) {
        if (seen[column]) {
          continue;
        }
        double reduced = -gains[row - 1][column - 1] - rowPotential[row] - columnPotential[column];
        if (reduced < distance[column]) {
          distance[column] = reduced;
          before[column] = at;
        }
        if (distance[column] < least) {
          least = distance[column];
          next = column;
        }
      }
      for (int column = 0; column <= columns; column++) {
        if (seen[column]) {
          rowPotential[rowAt[column]] += least;
          columnPotential[column] -= least;
        } else {
          distance[column] -= least;
        }
      }
      at = next;
    } while (rowAt[at] != 0);
    return at;
  }
}
