package io.lockstep.model.align;

/**
 * How far apart two computations of the same tensor may be, by the type they compute in.
 *
 * <p>Rounding is the only difference that is allowed: two implementations, or two shapes of the
 * same matrix product, add in another order. Each residual addition may differ by some units in the
 * last place of the tensor's largest value; these errors are independent of each other, so that
 * after L layers of two additions they have grown with the square root of 2L. A tensor may differ
 * by {@value #UNITS} such units, because what it is a sum of can be larger than itself: the
 * reference fixtures' own distance from a computation in double precision reaches 13. Small tensors
 * get a floor instead.
 */
public enum Tolerance {
  /** Single precision, 24 bits of significand. */
  FLOAT32(2e-5, 0x1p-23);

  /** A gradient's distance from its reference, as a share of the reference's norm. */
  public static final double GRADIENT = 1e-4;

  private static final double UNITS = 20;

  private final double floor;
  private final double unit;

  Tolerance(double floor, double unit) {
    this.floor = floor;
    this.unit = unit;
  }

  /**
   * Most that two values may differ by.
   *
   * @param largest largest absolute value of the reference tensor
   * @param layers layers of the model, of both towers
   */
  public double limit(double largest, int layers) {
    return Math.max(floor, largest * UNITS * unit * Math.sqrt(2.0 * layers));
  }
}
