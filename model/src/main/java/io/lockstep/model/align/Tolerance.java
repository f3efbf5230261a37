package io.lockstep.model.align;

import io.lockstep.tensor.Dtype;

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
 * residual additions with the square root of 2L. Its factor in float32, 24, is measured by {@code
 * tools/measure_rounding.py}: four other float32 computations of the public library are up to 22.8
 * away from its usual one.
 *
 * <p>In bfloat16 activations are rounded after every operator, sums within one are float32: the
 * public library in bfloat16 is at most 4.5 roundings of 2^-9 away from its values in float64, over
 * the same batches and shapes ({@code tools/measure_bfloat16.py}), so that two such computations
 * are at most twice that away from each other.
 */
public enum Tolerance {
  /** Single precision, 24 bits of significand; a thousandth of a row is no rounding. */
  FLOAT32(0x1p-24, 24, 16, 0x1p-10, 1e-4),

  /** Half as many bytes, 8 bits of significand; a quarter of a row is no rounding. */
  BFLOAT16(0x1p-9, 4, 10, 0x1p-2, 0.2);

  /** What the movements are measured of, see {@link Conditioning}. */
  private static final double MEASURED = 0x1p-24;

  private final double roundoff;
  private final double units;
  private final double roundings;
  private final double most;
  private final double gradient;

  Tolerance(double roundoff, double units, double roundings, double most, double gradient) {
    this.roundoff = roundoff;
    this.units = units;
    this.roundings = roundings;
    this.most = most;
    this.gradient = gradient;
  }

  /**
   * That of computations in a type.
   *
   * @throws IllegalArgumentException if nothing is computed in it
   */
  public static Tolerance of(Dtype type) {
    return switch (type) {
      case FLOAT32 -> FLOAT32;
      case BFLOAT16 -> BFLOAT16;
      default -> throw new IllegalArgumentException("no model computes in " + type);
    };
  }

  /** A gradient's distance from its reference, as a share of the reference's norm. */
  public double gradient() {
    return gradient;
  }

  /**
   * Limits that follow from the number of layers alone, the same for all rows.
   *
   * @param layers layers of the model, of both towers
   */
  public RowLimits limits(int layers) {
    double limit = Math.min(units * roundoff * Math.sqrt(2.0 * layers), most);
    return row -> limit;
  }

  /**
   * Limits that follow from the model's own conditioning alone.
   *
   * @param moved by row how far one float32 rounding in each linear layer moves it, see {@link
   *     Conditioning}
   */
  public RowLimits limits(float[] moved) {
    return row -> roundings * (roundoff / MEASURED) * moved[Math.toIntExact(row)];
  }

  /**
   * The same; the limits of the number of layers where they are wider.
   *
   * @param layers layers of the model, of both towers
   */
  public RowLimits limits(int layers, float[] moved) {
    RowLimits least = limits(layers);
    RowLimits own = limits(moved);
    return row -> Math.clamp(own.limit(row), least.limit(row), most);
  }
}
