package io.lockstep.model.decomposition;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The singular values of a matrix with few rows, by rotations of pairs of rows until all are
 * orthogonal (one-sided Jacobi; Demmel and Veselic, "Jacobi's method is more accurate than QR",
 * 1992).
 */
final class RowRotations {

  private static final double ORTHOGONAL = 1e-15;
  private static final double NOTHING = 1e-36;
  private static final int MOST_SWEEPS = 60;

  private RowRotations() {}

  /**
   * All singular values of a matrix with their vectors; a right one is zero where the value is.
   *
   * @param rows changed
   */
  static Factors of(double[][] rows) {
    double[][] rotations = new double[rows.length][rows.length];
    double squares = 0;
    for (int i = 0; i < rows.length; i++) {
      rotations[i][i] = 1;
      squares += Vectors.dot(rows[i], rows[i]);
    }
    boolean rotated = true;
    for (int sweep = 0; rotated && sweep < MOST_SWEEPS; sweep++) {
      rotated = false;
      for (int p = 0; p < rows.length; p++) {
        for (int q = p + 1; q < rows.length; q++) {
          rotated |= rotate(rows, rotations, p, q, NOTHING * squares);
        }
      }
    }
    return sorted(rows, rotations);
  }

  private static boolean rotate(
      double[][] rows, double[][] rotations, int p, int q, double nothing) {
    double ofP = Vectors.dot(rows[p], rows[p]);
    double ofQ = Vectors.dot(rows[q], rows[q]);
    double both = Vectors.dot(rows[p], rows[q]);
    if (Math.min(ofP, ofQ) <= nothing
        || Math.abs(both) <= ORTHOGONAL * Math.sqrt(ofP) * Math.sqrt(ofQ)) {
      return false;
    }
    double zeta = (ofQ - ofP) / (2 * both);
    double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
    double cosine = 1 / Math.sqrt(1 + tangent * tangent);
    rotate(rows[p], rows[q], cosine, cosine * tangent);
    rotate(rotations[p], rotations[q], cosine, cosine * tangent);
    return true;
  }

  private static void rotate(double[] p, double[] q, double cosine, double sine) {
    for (int i = 0; i < p.length; i++) {
      double ofP = p[i];
      p[i] = cosine * ofP - sine * q[i];
      q[i] = sine * ofP + cosine * q[i];
    }
  }

  private static Factors sorted(double[][] rows, double[][] rotations) {
    double[] norms = new double[rows.length];
    for (int i = 0; i < rows.length; i++) {
      norms[i] = Vectors.norm(rows[i]);
      if (norms[i] > 0) {
        Vectors.scale(rows[i], 1 / norms[i]);
      }
    }
    int[] order =
        IntStream.range(0, rows.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -norms[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] values = new double[rows.length];
    double[][] left = new double[rows.length][];
    double[][] right = new double[rows.length][];
    for (int i = 0; i < order.length; i++) {
      values[i] = norms[order[i]];
      left[i] = rotations[order[i]];
      right[i] = rows[order[i]];
    }
    return new Factors(values, left, right);
  }
}
