package io.lockstep.model.detection;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jgrapht.alg.interfaces.MatchingAlgorithm;
import org.jgrapht.alg.matching.KuhnMunkresMinimalWeightBipartitePerfectMatching;
import org.jgrapht.graph.DefaultWeightedEdge;
import org.jgrapht.graph.SimpleWeightedGraph;

/** Which query answers for which object. */
public enum Assignment {

  /**
   * The assignment of least total cost (Kuhn, "The Hungarian method for the assignment problem",
   * 1955, in the form of Munkres, 1957; JGraphT's implementation). Costs are rounded to multiples
   * of 2^-20 first, so that the algorithm's sums are exact: among assignments of equal cost it
   * always finds the same one.
   */
  HUNGARIAN {
    @Override
    int[] solve(double[][] costs, int queries) {
      SimpleWeightedGraph<Integer, DefaultWeightedEdge> graph =
          new SimpleWeightedGraph<>(DefaultWeightedEdge.class);
      // Objects are 0 to queries - 1, those after the true ones cost nothing; queries come after.
      SequencedSet<Integer> objects = new LinkedHashSet<>();
      SequencedSet<Integer> answers = new LinkedHashSet<>();
      for (int i = 0; i < queries; i++) {
        objects.add(i);
        answers.add(queries + i);
        graph.addVertex(i);
        graph.addVertex(queries + i);
      }
      double least = Arrays.stream(costs).flatMapToDouble(Arrays::stream).min().orElse(0);
      for (int object = 0; object < queries; object++) {
        for (int query = 0; query < queries; query++) {
          double cost = object < costs.length ? rounded(costs[object][query] - least) : 0;
          graph.setEdgeWeight(graph.addEdge(object, queries + query), cost);
        }
      }
      MatchingAlgorithm.Matching<Integer, DefaultWeightedEdge> matching =
          new KuhnMunkresMinimalWeightBipartitePerfectMatching<>(graph, objects, answers)
              .getMatching();
      int[] chosen = new int[costs.length];
      for (DefaultWeightedEdge edge : matching.getEdges()) {
        int object = Math.min(graph.getEdgeSource(edge), graph.getEdgeTarget(edge));
        int query = Math.max(graph.getEdgeSource(edge), graph.getEdgeTarget(edge)) - queries;
        if (object < chosen.length) {
          chosen[object] = query;
        }
      }
      return chosen;
    }
  },

  /**
   * The first query for the first object, the second for the second, whatever they predict: what
   * matching is measured against.
   */
  IN_ORDER {
    @Override
    int[] solve(double[][] costs, int queries) {
      int[] chosen = new int[costs.length];
      Arrays.setAll(chosen, object -> object);
      return chosen;
    }
  };

  private static final double UNIT = 1 << 20;

  /**
   * Assigns a query of its own to each object.
   *
   * @param costs of each object with each query, finite; as many columns in each row
   * @param queries how many there are
   * @return the query of each object
   * @throws IllegalArgumentException if there are more objects than queries, or a cost is no number
   */
  public int[] of(double[][] costs, int queries) {
    if (costs.length > queries) {
      throw new IllegalArgumentException(
          "%d objects can't each have one of %d queries: raise num_queries"
              .formatted(costs.length, queries));
    }
    for (double[] ofObject : costs) {
      if (ofObject.length != queries || !Arrays.stream(ofObject).allMatch(Double::isFinite)) {
        throw new IllegalArgumentException(
            "the costs of an object with %d queries are %s: all must be finite"
                .formatted(queries, Arrays.toString(ofObject)));
      }
    }
    return costs.length == 0 ? new int[0] : solve(costs, queries);
  }

  abstract int[] solve(double[][] costs, int queries);

  private static double rounded(double cost) {
    return Math.rint(cost * UNIT) / UNIT;
  }
}
