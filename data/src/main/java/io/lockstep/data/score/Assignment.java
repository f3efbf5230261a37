package io.lockstep.data.score;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jgrapht.alg.interfaces.MatchingAlgorithm;
import org.jgrapht.alg.matching.KuhnMunkresMinimalWeightBipartitePerfectMatching;
import org.jgrapht.graph.DefaultWeightedEdge;
import org.jgrapht.graph.SimpleWeightedGraph;

/**
 * The one-to-one matching of rows and columns with the greatest sum of gains (Kuhn, "The Hungarian
 * method for the assignment problem", 1955, in the form of Munkres, 1957; JGraphT's
 * implementation).
 *
 * <p>Differences of gains are rounded to multiples of 2^-20 first, so that the algorithm's sums are
 * exact: which of several matchings of equal sums is found depends on the gains alone.
 */
public final class Assignment {

  /** The column of a row that has none. */
  public static final int NONE = -1;

  private static final double UNIT = 1 << 20;

  private Assignment() {}

  /**
   * The best column of each row. Every row has one, or every column is taken.
   *
   * @param gains [rows, columns], finite
   * @return a column of each row, no column twice, {@link #NONE} for rows without
   * @throws IllegalArgumentException if the rows differ in length or a gain is not finite
   */
  public static int[] best(double[][] gains) {
    int rows = gains.length;
    int columns = rows == 0 ? 0 : gains[0].length;
    requireTable(gains, columns);
    int[] chosen = new int[rows];
    Arrays.fill(chosen, NONE);
    if (columns > 0) {
      solve(gains, Math.max(rows, columns), columns, chosen);
    }
    return chosen;
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

  /**
   * Matches a square table, in which missing rows and columns cost nothing.
   *
   * @param chosen receives the columns of the rows that have one of the given
   */
  private static void solve(double[][] gains, int side, int columns, int[] chosen) {
    SimpleWeightedGraph<Integer, DefaultWeightedEdge> graph =
        new SimpleWeightedGraph<>(DefaultWeightedEdge.class);
    // Rows are 0 to side - 1, columns come after.
    SequencedSet<Integer> left = new LinkedHashSet<>();
    SequencedSet<Integer> right = new LinkedHashSet<>();
    for (int i = 0; i < side; i++) {
      left.add(i);
      right.add(side + i);
      graph.addVertex(i);
      graph.addVertex(side + i);
    }
    double most = Arrays.stream(gains).flatMapToDouble(Arrays::stream).max().orElse(0);
    for (int row = 0; row < side; row++) {
      for (int column = 0; column < side; column++) {
        boolean given = row < gains.length && column < columns;
        double cost = given ? rounded(most - gains[row][column]) : 0;
        graph.setEdgeWeight(graph.addEdge(row, side + column), cost);
      }
    }
    MatchingAlgorithm.Matching<Integer, DefaultWeightedEdge> matching =
        new KuhnMunkresMinimalWeightBipartitePerfectMatching<>(graph, left, right).getMatching();
    for (DefaultWeightedEdge edge : matching.getEdges()) {
      int row = Math.min(graph.getEdgeSource(edge), graph.getEdgeTarget(edge));
      int column = Math.max(graph.getEdgeSource(edge), graph.getEdgeTarget(edge)) - side;
      if (row < chosen.length && column < columns) {
        chosen[row] = column;
      }
    }
  }

  private static double rounded(double cost) {
    return Math.rint(cost * UNIT) / UNIT;
  }
}
