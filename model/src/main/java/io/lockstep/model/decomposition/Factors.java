package io.lockstep.model.decomposition;

import java.util.SplittableRandom;

/**
 * A few vectors that tell most of a weight, or its first columns: {@code left diag(values) right^T}
 * resembles it.
 */
public final class Factors {

  /** Error of singular vectors that counts as none, in relation to the largest singular value. */
  private static final double CONVERGED = 1e-12;

  private static final int FIRST_SIZE = 8;

  private final double[] values;
  private final double[][] left;
  private final double[][] right;

  Factors(double[] values, double[][] left, double[][] right) {
    this.values = values;
    this.left = left;
    this.right = right;
  }

  /** From the largest on; all 1 where nothing is said of their order. Not copied. */
  public double[] values() {
    return values;
  }

  /** Vectors of an output's length, not copied. */
  public double[][] left() {
    return left;
  }

  /** Vectors of an input's length, not copied. */
  public double[][] right() {
    return right;
  }

  /**
   * The leading singular vectors, to the accuracy of float64: bidiagonalisation with all vectors
   * kept orthogonal (Golub and Kahan, "Calculating the singular values and pseudo-inverse of a
   * matrix", 1965), which ends when those that are wanted have converged.
   *
   * @param count how many, at most the smaller number of rows and columns
   * @param random draws where to begin, which the result hardly depends on
   */
  public static Factors leading(WeightMatrix weight, int count, SplittableRandom random) {
    requireCount(weight, count);
    if (weight.rows() < weight.columns()) {
      return leading(weight.transposed(), count, random).turned();
    }
    int most = weight.columns();
    OrthonormalBasis left = new OrthonormalBasis(random);
    OrthonormalBasis right = new OrthonormalBasis(random);
    double[] diagonal = new double[most];
    double[] above = new double[most];
    right.addDrawn(most);
    int size = 0;
    int wanted = Math.min(most, 2 * count + FIRST_SIZE);
    while (true) {
      diagonal[size] = left.add(weight.times(right.last())[0]);
      if (size + 1 < most) {
        above[size] = right.add(weight.transposedTimes(left.last())[0]);
      }
      size++;
      if (size == wanted) {
        Factors small = RowRotations.of(bidiagonal(diagonal, above, size));
        if (size == most || converged(small, above[size - 1], count)) {
          return composed(small, count, left.first(size), right.first(size));
        }
        wanted = Math.min(most, wanted + wanted / 2);
      }
    }
  }

  private static double[][] bidiagonal(double[] diagonal, double[] above, int size) {
    double[][] rows = new double[size][size];
    for (int i = 0; i < size; i++) {
      rows[i][i] = diagonal[i];
      if (i + 1 < size) {
        rows[i][i + 1] = above[i];
      }
    }
    return rows;
  }

  private static boolean converged(Factors small, double next, int count) {
    int last = small.values().length - 1;
    for (int i = 0; i < count; i++) {
      if (Math.abs(next * small.left()[i][last]) > CONVERGED * small.values()[0]) {
        return false;
      }
    }
    return true;
  }

  /**
   * What resembles the leading singular vectors, by iterating a random subspace (Halko et al.,
   * "Finding structure with randomness", 2009, algorithm 4.4).
   *
   * @param rounds how often the subspace is multiplied with the transposed weight and the weight
   * @param random draws the subspace
   */
  public static Factors approximate(
      WeightMatrix weight, int count, int rounds, SplittableRandom random) {
    requireCount(weight, count);
    if (weight.rows() < weight.columns()) {
      return approximate(weight.transposed(), count, rounds, random).turned();
    }
    double[][] drawn = new double[count][];
    for (int i = 0; i < count; i++) {
      drawn[i] = OrthonormalBasis.drawn(random, weight.columns());
    }
    double[][] basis = OrthonormalBasis.of(weight.times(drawn), random);
    for (int round = 0; round < rounds; round++) {
      double[][] back = OrthonormalBasis.of(weight.transposedTimes(basis), random);
      basis = OrthonormalBasis.of(weight.times(back), random);
    }
    Factors small = RowRotations.of(weight.transposedTimes(basis));
    double[][] left = new double[count][];
    for (int i = 0; i < count; i++) {
      left[i] = Vectors.combine(small.left()[i], basis);
    }
    return new Factors(small.values(), left, small.right());
  }

  /**
   * An orthonormal basis of the first columns, and the weight's rows in it: the first columns of Q
   * and rows of R of its QR decomposition.
   *
   * @param count how many, at most the smaller number of rows and columns
   * @param random draws vectors where columns depend on those before
   */
  public static Factors orthonormal(WeightMatrix weight, int count, SplittableRandom random) {
    requireCount(weight, count);
    double[] ones = new double[count];
    double[][] columns = new double[count][];
    for (int i = 0; i < count; i++) {
      ones[i] = 1;
      columns[i] = weight.column(i);
    }
    double[][] basis = OrthonormalBasis.of(columns, random);
    return new Factors(ones, basis, weight.transposedTimes(basis));
  }

  private static void requireCount(WeightMatrix weight, int count) {
    int most = Math.min(weight.rows(), weight.columns());
    if (count < 1 || count > most) {
      throw new IllegalArgumentException(
          "%d vectors are asked for, a weight of %d rows and %d columns has 1 to %d"
              .formatted(count, weight.rows(), weight.columns(), most));
    }
  }

  private static Factors composed(Factors small, int count, double[][] left, double[][] right) {
    double[] values = new double[count];
    double[][] lefts = new double[count][];
    double[][] rights = new double[count][];
    for (int i = 0; i < count; i++) {
      values[i] = small.values()[i];
      lefts[i] = Vectors.combine(small.left()[i], left);
      rights[i] = Vectors.combine(small.right()[i], right);
    }
    return new Factors(values, lefts, rights);
  }

  /**
   * The same product times a factor, its values shared out to both sides evenly.
   *
   * @param factor above 0
   */
  public Factors balanced(double factor) {
    double[] ones = new double[values.length];
    double[][] lefts = new double[values.length][];
    double[][] rights = new double[values.length][];
    for (int i = 0; i < values.length; i++) {
      double root = Math.sqrt(values[i] * factor);
      ones[i] = 1;
      lefts[i] = Vectors.scaled(left[i], root);
      rights[i] = Vectors.scaled(right[i], root);
    }
    return new Factors(ones, lefts, rights);
  }

  private Factors turned() {
    return new Factors(values, /* left= */ right, /* right= */ left);
  }
}
