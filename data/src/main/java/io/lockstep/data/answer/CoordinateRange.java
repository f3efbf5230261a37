package io.lockstep.data.answer;

/**
 * The unit in which a dense answer states coordinates, by the greatest ones: what stands for the
 * picture's right and bottom edges.
 *
 * @param x at least 1
 * @param y at least 1
 */
public record CoordinateRange(int x, int y) {

  /** Thousandths of the picture's sides ({@code norm1000}). */
  public static final CoordinateRange THOUSANDTHS = new CoordinateRange(1000, 1000);

  /** Refuses empty ranges. */
  public CoordinateRange {
    if (x < 1 || y < 1) {
      throw new IllegalArgumentException(
          "coordinates must be able to go up to 1 at least, not %d x %d".formatted(x, y));
    }
  }
}
