package io.lockstep.model.align;

/**
 * How far apart two computations of the same row of a tensor may be, by the type they compute in,
 * as a share of the largest absolute value of the reference's row: of a token, of a patch.
 *
 * <p>Rounding is the only difference that is allowed: two implementations, or two shapes of the
 * same matrix product, add in another order. How far a rounding moves a row follows from the model
 * and is measured, see {@link Conditioning}. The public library in float32 is at most 13 times as
 * far from its values in float64, over two reference batches and twelve drawn shapes, with three
 * sets of vector instructions and both kinds of attention; {@code tools/float64_references.py}
 * measures that again.
 *
 * <p>The least limit, which also counts where nothing was measured, follows from the number of
 * layers: a rounding is at most half a unit in the last place of what is rounded, and roundings are
 * independent of each other, so that their sum grows with the square root of their number (Higham
 * and Mary, "A new approach to probabilistic rounding error analysis", 2019): after L layers of two
 * residual additions with the square root of 2L. Its factor, {@value #UNITS}, is measured by {@code
 * tools/measure_rounding.py}: four other float32 computations of the public library are up to 22.8
 * away from its usual one.
 */
public enum Tolerance {
  /** Single precision, 24 bits of significand. */
  FLOAT32(0x1p-24);

  /** A gradient's distance from its reference, as a share of the reference's norm. */
  public static final double GRADIENT = 1e-4;

  private static final double UNITS = 24;

  /** How many times what a rounding moves it a row may differ by. */
  public static final double ROUNDINGS = 16;

  /** However ill-conditioned a row is, a thousandth of it is no rounding. */
  private static final double MOST = 0x1p-10;

  private final double roundoff;

  Tolerance(double roundoff) {
    this.roundoff = roundoff;
  }

  /**
   * Limits that follow from the number of layers alone, the same for all rows.
   *
   * @param layers layers of the model, of both towers
   */
  public RowLimits limits(int layers) {
    double limit = UNITS * roundoff * Math.sqrt(2.0 * layers);
    return row -> limit;
  }

  /**
   * Limits that follow from the model's own conditioning; those of the number of layers alone where
   * they are wider.
   *
   * @param moved by row how far one rounding in each linear layer moves it, see {@link
   *     Conditioning}
   */
  public RowLimits limits(int layers, float[] moved) {
    RowLimits least = limits(layers);
    return row -> Math.clamp(ROUNDINGS * moved[Math.toIntExact(row)], least.limit(row), MOST);
  }
}
