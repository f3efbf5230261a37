package io.lockstep.model.decomposition;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Orthonormal vectors, one after the other (Gram-Schmidt, done twice: Giraud et al., "Rounding
 * error analysis of the classical Gram-Schmidt orthogonalization process", 2005).
 */
final class OrthonormalBasis {

  /** What is left of a vector of the span by rounding, in relation to it. */
  private static final double ROUNDING = 1e-13;

  private final List<double[]> vectors = new ArrayList<>();
  private final SplittableRandom random;

  /**
   * An empty basis.
   *
   * @param random draws directions where a vector gives none
   */
  OrthonormalBasis(SplittableRandom random) {
    this.random = random;
  }

  /** The orthonormal vectors of the same spans as the first of these, the first two and so on. */
  static double[][] of(double[][] vectors, SplittableRandom random) {
    OrthonormalBasis basis = new OrthonormalBasis(random);
    for (double[] vector : vectors) {
      var _ = basis.add(vector);
    }
    return basis.first(vectors.length);
  }

  /**
   * Adds what a vector has beyond the span, with norm 1; if that is nothing, a direction that is
   * drawn.
   *
   * @param vector shorter bases than its length have room for it; changed
   * @return the norm of what it has beyond the span
   */
  double add(double[] vector) {
    double whole = Vectors.norm(vector);
    double beyond = removeSpan(vector);
    if (beyond > ROUNDING * whole) {
      Vectors.scale(vector, 1 / beyond);
      vectors.add(vector);
      return beyond;
    }
    addDrawn(vector.length);
    return 0;
  }

  /** Adds a direction that is drawn. */
  void addDrawn(int length) {
    double[] drawn = drawn(random, length);
    double beyond = removeSpan(drawn);
    while (beyond < ROUNDING) {
      drawn = drawn(random, length);
      beyond = removeSpan(drawn);
    }
    Vectors.scale(drawn, 1 / beyond);
    // The norm of what was left may have been small, and so its rounding large.
    Vectors.scale(drawn, 1 / removeSpan(drawn));
    vectors.add(drawn);
  }

  private double removeSpan(double[] vector) {
    for (int pass = 0; pass < 2; pass++) {
      for (double[] known : vectors) {
        Vectors.add(vector, -Vectors.dot(known, vector), known);
      }
    }
    return Vectors.norm(vector);
  }

  /** Values in [-1, 1). */
  static double[] drawn(SplittableRandom random, int length) {
    double[] drawn = new double[length];
    for (int i = 0; i < length; i++) {
      drawn[i] = 2 * random.nextDouble() - 1;
    }
    return drawn;
  }

  double[] last() {
    return vectors.getLast();
  }

  double[][] first(int count) {
    return vectors.subList(0, count).toArray(double[][]::new);
  }
}
