package io.lockstep.model.detection;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MatchingMethodTest {

  @Test
  void theTextbooksExampleHasItsKnownAnswer() {
    // Munkres' algorithm as textbooks show it: the least total is 5, by (0, 1), (1, 0), (2, 2).
    double[][] costs = {{4, 1, 3}, {2, 0, 5}, {3, 2, 2}};
    assertArrayEquals(new int[] {1, 0, 2}, MatchingMethod.HUNGARIAN.of(costs, 3));
  }

  @Test
  void noOtherAssignmentCostsLess() {
    SplittableRandom random = new SplittableRandom(7);
    for (int draw = 0; draw < 60; draw++) {
      int queries = 1 + random.nextInt(6);
      int objects = random.nextInt(queries + 1);
      double[][] costs = new double[objects][queries];
      for (double[] ofObject : costs) {
        Arrays.setAll(ofObject, _ -> random.nextDouble() * 4 - 3);
      }
      int[] chosen = MatchingMethod.HUNGARIAN.of(costs, queries);
      assertEquals(objects, Arrays.stream(chosen).distinct().count());
      double sum = 0;
      for (int object = 0; object < objects; object++) {
        sum += costs[object][chosen[object]];
      }
      assertEquals(least(costs, 0, new boolean[queries]), sum, 1e-5);
    }
  }

  private static double least(double[][] costs, int object, boolean[] taken) {
    if (object == costs.length) {
      return 0;
    }
    double least = Double.POSITIVE_INFINITY;
    for (int query = 0; query < taken.length; query++) {
      if (!taken[query]) {
        taken[query] = true;
        least = Math.min(least, costs[object][query] + least(costs, object + 1, taken));
        taken[query] = false;
      }
    }
    return least;
  }

  @Test
  void equalCostsAreDecidedAlikeEveryTime() {
    double[][] costs = new double[3][5];
    int[] first = MatchingMethod.HUNGARIAN.of(costs, 5);
    for (int i = 0; i < 20; i++) {
      assertArrayEquals(first, MatchingMethod.HUNGARIAN.of(costs, 5));
    }
    // What differs by less than rounding is equal too.
    costs[1][3] = 1e-9;
    assertArrayEquals(first, MatchingMethod.HUNGARIAN.of(costs, 5));
  }

  @Test
  void inOrderLooksAtNoCosts() {
    assertArrayEquals(
        new int[] {0, 1}, MatchingMethod.IN_ORDER.of(new double[][] {{9, 0, 0}, {0, 9, 0}}, 3));
  }

  @Test
  void moreObjectsThanQueriesAreRefused() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> MatchingMethod.HUNGARIAN.of(new double[][] {{1}, {2}}, 1));
    assertTrue(String.valueOf(refused.getMessage()).contains("num_queries"));
    assertThrows(
        IllegalArgumentException.class,
        () -> MatchingMethod.HUNGARIAN.of(new double[][] {{Double.NaN}}, 1));
  }
}
