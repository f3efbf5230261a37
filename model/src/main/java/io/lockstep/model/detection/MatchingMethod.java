package io.lockstep.model.detection;

import io.lockstep.data.score.Assignment;
import java.util.Arrays;

/** How it is decided which query answers for which object. */
public enum MatchingMethod {

  /** The assignment of least total cost, {@link Assignment}. */
  HUNGARIAN {
    @Override
    int[] solve(double[][] costs) {
      return Assignment.best(
          Arrays.stream(costs)
              .map(ofObject -> Arrays.stream(ofObject).map(cost -> -cost).toArray())
              .toArray(double[][]::new));
    }
  },

  /**
   * The first query for the first object, the second for the second, whatever they predict: what
   * matching is measured against.
   */
  IN_ORDER {
    @Override
    int[] solve(double[][] costs) {
      int[] chosen = new int[costs.length];
      Arrays.setAll(chosen, object -> object);
      return chosen;
    }
  };

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
    return solve(costs);
  }

  abstract int[] solve(double[][] costs);
}
