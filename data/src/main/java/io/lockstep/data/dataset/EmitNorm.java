package io.lockstep.data.dataset;

import io.lockstep.data.answer.CoordinateRange;
import java.util.Arrays;

/** The unit in which dense answers state coordinates. */
public enum EmitNorm {
  /** Pixels: rounded to whole ones, clamped to 0..size. */
  NONE("none", 0),
  /** Hundredths of the picture's side. */
  NORM100("norm100", 100),
  /** Thousandths of the picture's side. */
  NORM1000("norm1000", 1000);

  private final String label;
  private final int range;

  EmitNorm(String label, int range) {
    this.label = label;
    this.range = range;
  }

  /** The name in configurations. */
  public String label() {
    return label;
  }

  /**
   * The unit of a name in a configuration.
   *
   * @throws IllegalArgumentException for an unknown name, listing the known ones
   */
  public static EmitNorm of(String label) {
    return Arrays.stream(values())
        .filter(norm -> norm.label.equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "emit_norm: unknown '"
                    + label
                    + "'; known are "
                    + Arrays.stream(values()).map(EmitNorm::label).toList()));
  }

  /**
   * A pixel coordinate in this unit: {@code rint(value / size * range)}, clamped to 0..range.
   * Halves go to the even neighbour, as in Python's {@code round}.
   *
   * @param size the picture's width for x, its height for y
   */
  public int emit(double value, int size) {
    double scaled = this == NONE ? value : value / size * range;
    int max = this == NONE ? size : range;
    return (int) Math.clamp(Math.rint(scaled), 0.0, max);
  }

  /**
   * The greatest coordinates in this unit.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   */
  public CoordinateRange range(int width, int height) {
    return this == NONE ? new CoordinateRange(width, height) : new CoordinateRange(range, range);
  }
}
