package io.lockstep.data.geometry;

import java.util.Comparator;

/** A point in pixels; x grows to the right, y downwards. */
public record Point(double x, double y) {

  /** Top-most first, then left-most. */
  public static final Comparator<Point> TOP_THEN_LEFT =
      Comparator.comparingDouble(Point::y).thenComparingDouble(Point::x);

  /** Left-most first, then top-most. */
  public static final Comparator<Point> LEFT_THEN_TOP =
      Comparator.comparingDouble(Point::x).thenComparingDouble(Point::y);
}
