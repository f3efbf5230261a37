package io.lockstep.model.decomposition;

/** Arithmetic of vectors with a fixed order of summation. */
final class Vectors {

  private Vectors() {}

  /** The scalar product; four sums that take turns, so that processors can add side by side. */
  static double dot(double[] left, double[] right) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i < left.length - 3; i += 4) {
      a += left[i] * right[i];
      b += left[i + 1] * right[i + 1];
      c += left[i + 2] * right[i + 2];
      d += left[i + 3] * right[i + 3];
    }
    for (; i < left.length; i++) {
      a += left[i] * right[i];
    }
    return (a + b) + (c + d);
  }

  static double norm(double[] vector) {
    return Math.sqrt(dot(vector, vector));
  }

  /** Adds a multiple of another vector. */
  static void add(double[] vector, double factor, double[] other) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] += factor * other[i];
    }
  }

  static void scale(double[] vector, double factor) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= factor;
    }
  }

  /** A multiple. */
  static double[] scaled(double[] vector, double factor) {
    double[] multiple = vector.clone();
    scale(multiple, factor);
    return multiple;
  }

  /** The sum of vectors with these weights. */
  static double[] combine(double[] weights, double[][] vectors) {
    double[] sum = new double[vectors[0].length];
    for (int i = 0; i < weights.length; i++) {
      add(sum, weights[i], vectors[i]);
    }
    return sum;
  }
}
