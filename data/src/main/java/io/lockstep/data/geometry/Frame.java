package io.lockstep.data.geometry;

/**
 * The area of a picture: x from 0 to its width, y from 0 to its height.
 *
 * @param width in pixels
 * @param height in pixels
 */
public record Frame(int width, int height) {

  /** Refuses an empty area. */
  public Frame {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "a picture of %d x %d has no area".formatted(width, height));
    }
  }

  /** Whether the point lies in the area or on its edge. */
  public boolean contains(Point point) {
    return point.x() >= 0 && point.x() <= width && point.y() >= 0 && point.y() <= height;
  }

  /** The nearest point of the area. */
  public Point nearest(Point point) {
    return new Point(Math.clamp(point.x(), 0.0, width), Math.clamp(point.y(), 0.0, height));
  }
}
