package io.lockstep.model.align;

import io.lockstep.model.align.Comparison.Kind;

/**
 * How far apart two computations of the same tensor may be, by the type they compute in.
 *
 * <p>Rounding is the only difference that is allowed: two implementations, or two shapes of the
 * same matrix product, add in another order. Each residual addition may differ by some units in the
 * last place of the tensor's largest value; these errors are independent of each other, so that
 * after L layers of two additions they have grown with the square root of 2L. A layer's output may
 * differ by {@value #LAYER_UNITS} such units, because what it is a sum of can be larger than
 * itself; logits, whose input is normalised, by {@value #OUTPUT_UNITS}. Small tensors get a floor
 * instead: the agreement that the reference fixtures are held to.
 */
public enum Tolerance {
  /** Single precision, 24 bits of significand. */
  FLOAT32(2e-5, 0x1p-23);

  /** A gradient's distance from its reference, as a share of the reference's norm. */
  public static final double GRADIENT = 1e-4;

  private static final double LAYER_UNITS = 12;
  private static final double OUTPUT_UNITS = 3;

  private final double floor;
  private final double unit;

  Tolerance(double floor, double unit) {
    this.floor = floor;
    this.unit = unit;
  }

  /**
   * Most that two values may differ by.
   *
   * @param kind a layer's output or one of the model
   * @param largest largest absolute value of the reference tensor
   * @param layers layers of the model, of both towers
   */
  public double limit(Kind kind, double largest, int layers) {
    double units = kind == Kind.LAYER ? LAYER_UNITS : OUTPUT_UNITS;
    return Math.max(floor, largest * units * unit * Math.sqrt(2.0 * layers));
  }
}
