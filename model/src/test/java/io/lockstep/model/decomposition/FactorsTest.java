package io.lockstep.model.decomposition;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found of a weight: known singular values, orthonormal vectors, equal bits. */
class FactorsTest {

  private static final double EXACT = 1e-9;

  @ParameterizedTest
  @CsvSource({"40, 40, 5", "90, 30, 7", "30, 90, 7", "300, 200, 3", "12, 12, 12", "1, 9, 1"})
  void leadingVectorsAreSingularVectors(int rows, int columns, int count) {
    WeightMatrix weight = drawn(rows, columns);
    Factors factors = Factors.leading(weight, count, new SplittableRandom(1));
    assertSingular(weight, factors);
    Factors all = RowRotations.of(rowsOf(weight));
    assertArrayEquals(Arrays.copyOf(all.values(), count), factors.values(), EXACT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zero", "identity", "one", "twice"})
  void weightsWithEqualOrNoSingularValuesHaveThemToo(String kind) {
    int size = 24;
    float[] values = new float[size * size];
    for (int i = 0; i < values.length; i++) {
      int row = i / size;
      int column = i % size;
      values[i] =
          switch (kind) {
            case "identity" -> row == column ? 1 : 0;
            case "one" -> (row + 1) * (column - 3) / 128f;
            case "twice" -> row == column ? (row < 2 ? 7 : 0.5f) : 0;
            default -> 0;
          };
    }
    WeightMatrix weight = WeightMatrix.of(values, size, size);
    Factors factors = Factors.leading(weight, 4, new SplittableRandom(2));
    for (int i = 0; i < 4; i++) {
      assertTrue(Double.isFinite(Vectors.norm(factors.right()[i])));
      double[] image = weight.times(factors.right()[i])[0];
      Vectors.add(image, -factors.values()[i], factors.left()[i]);
      assertEquals(0, Vectors.norm(image), EXACT);
    }
    double largest =
        switch (kind) {
          case "identity" -> 1;
          case "one" ->
              Vectors.norm(weight.column(4))
                  * Vectors.norm(weight.transposed().column(0))
                  / values[4];
          case "twice" -> 7;
          default -> 0;
        };
    assertEquals(largest, factors.values()[0], EXACT);
  }

  @Test
  void roundsApproximateTheLeadingVectors() {
    WeightMatrix weight = drawn(60, 80);
    double[] exact = Factors.leading(weight, 4, new SplittableRandom(1)).values();
    double before = Double.POSITIVE_INFINITY;
    for (int rounds : new int[] {0, 4, 64, 999}) {
      Factors found = Factors.approximate(weight, 4, rounds, new SplittableRandom(3));
      double missing = 0;
      for (int i = 0; i < 4; i++) {
        missing += exact[i] - found.values()[i];
      }
      assertTrue(missing < before && missing > -EXACT, rounds + " rounds: " + missing);
      before = missing;
    }
    assertEquals(0, before, 1e-6);
    assertSingular(weight, Factors.approximate(weight, 4, 5000, new SplittableRandom(3)));
  }

  @ParameterizedTest
  @CsvSource({"40, 20, 5", "20, 40, 20"})
  void theFirstColumnsAreTheOrthonormalVectorsTimesTheirRows(int rows, int columns, int count) {
    WeightMatrix weight = drawn(rows, columns);
    Factors factors = Factors.orthonormal(weight, count, new SplittableRandom(1));
    assertOrthonormal(factors.left());
    for (int column = 0; column < count; column++) {
      double[] rest = weight.column(column);
      for (int k = 0; k < count; k++) {
        Vectors.add(rest, -factors.right()[k][column], factors.left()[k]);
        if (k > column) {
          assertEquals(0, factors.right()[k][column], EXACT);
        }
      }
      assertEquals(0, Vectors.norm(rest), EXACT);
    }
  }

  @Test
  void theBitsDependOnNoNumberOfThreads() throws Exception {
    WeightMatrix weight = drawn(700, 1200);
    Factors alone;
    try (ForkJoinPool one = new ForkJoinPool(1)) {
      alone = one.submit(() -> Factors.leading(weight, 3, new SplittableRandom(4))).get();
    }
    try (ForkJoinPool many = new ForkJoinPool(5)) {
      Factors other = many.submit(() -> Factors.leading(weight, 3, new SplittableRandom(4))).get();
      assertTrue(Arrays.deepEquals(alone.left(), other.left()));
      assertTrue(Arrays.deepEquals(alone.right(), other.right()));
    }
  }

  @Test
  void moreVectorsThanAWeightHasAreRefused() {
    WeightMatrix weight = drawn(3, 5);
    assertThrows(
        IllegalArgumentException.class, () -> Factors.leading(weight, 4, new SplittableRandom(1)));
    assertThrows(IllegalArgumentException.class, () -> WeightMatrix.of(new float[7], 2, 3));
  }

  private static void assertSingular(WeightMatrix weight, Factors factors) {
    assertOrthonormal(factors.left());
    assertOrthonormal(factors.right());
    for (int i = 0; i < factors.values().length; i++) {
      double[] image = weight.times(factors.right()[i])[0];
      Vectors.add(image, -factors.values()[i], factors.left()[i]);
      assertEquals(0, Vectors.norm(image), EXACT);
      double[] back = weight.transposedTimes(factors.left()[i])[0];
      Vectors.add(back, -factors.values()[i], factors.right()[i]);
      assertEquals(0, Vectors.norm(back), EXACT);
    }
  }

  private static void assertOrthonormal(double[][] vectors) {
    for (int i = 0; i < vectors.length; i++) {
      for (int k = 0; k <= i; k++) {
        assertEquals(i == k ? 1 : 0, Vectors.dot(vectors[i], vectors[k]), 1e-12);
      }
    }
  }

  private static WeightMatrix drawn(int rows, int columns) {
    SplittableRandom random = new SplittableRandom(31L * rows + columns);
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return WeightMatrix.of(values, rows, columns);
  }

  private static double[][] rowsOf(WeightMatrix weight) {
    WeightMatrix wide = weight.rows() > weight.columns() ? weight.transposed() : weight;
    WeightMatrix turned = wide.transposed();
    double[][] rows = new double[wide.rows()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = turned.column(i);
    }
    return rows;
  }
}
