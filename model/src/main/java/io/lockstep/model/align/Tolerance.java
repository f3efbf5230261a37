package io.lockstep.model.align;

/**
 * How far apart two computations of the same row of a tensor may be, by the type they compute in.
 *
 * <p>Rounding is the only difference that is allowed: two implementations, or two shapes of the
 * same matrix product, add in another order. A rounding is at most half a unit in the last place of
 * what is rounded, and roundings are independent of each other, so that their sum grows with the
 * square root of their number (Higham and Mary, "A new approach to probabilistic rounding error
 * analysis", 2019): after L layers of two residual additions with the square root of 2L. How much a
 * single addition carries depends on the length of the sums behind it and on the weights; that
 * factor, {@value #UNITS}, is measured. Four other float32 computations of the public library
 * (fused attention, two other sets of vector instructions, portable matrix products) are up to 22.8
 * away from its usual one, over two reference batches and twelve drawn shapes; {@code
 * tools/measure_rounding.py} measures it again.
 */
public enum Tolerance {
  /** Single precision, 24 bits of significand. */
  FLOAT32(0x1p-24);

  /** A gradient's distance from its reference, as a share of the reference's norm. */
  public static final double GRADIENT = 1e-4;

  private static final double UNITS = 24;

  private final double roundoff;

  Tolerance(double roundoff) {
    this.roundoff = roundoff;
  }

  /**
   * Most that two values may differ by, as a share of the largest absolute value of the reference's
   * row: of a token, of a patch.
   *
   * @param layers layers of the model, of both towers
   */
  public double limit(int layers) {
    return UNITS * roundoff * Math.sqrt(2.0 * layers);
  }
}
