package io.lockstep.data.geometry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * One order for the vertices of a polygon: without a repeated closing point, clockwise as seen on
 * screen, the top-most vertex first (of several, the left-most).
 *
 * <p>An outline that does not cross itself keeps its shape: its ring is turned clockwise. One that
 * does is unravelled by sorting its vertices clockwise around their mean.
 */
public final class CanonicalPolygon {

  private CanonicalPolygon() {}

  /** The vertices in that order. */
  public static List<Point> of(List<Point> points) {
    List<Point> ring = withoutClosingPoint(points);
    List<Point> clockwise = crossesItself(ring) ? sortedAroundMean(ring) : turnedClockwise(ring);
    int first = clockwise.indexOf(Collections.min(clockwise, Point.TOP_THEN_LEFT));
    Collections.rotate(clockwise, -first);
    return clockwise;
  }

  /** The points without the last one if it repeats the first. */
  public static List<Point> withoutClosingPoint(List<Point> points) {
    boolean closed = points.size() > 1 && points.getFirst().equals(points.getLast());
    return new ArrayList<>(closed ? points.subList(0, points.size() - 1) : points);
  }

  private static List<Point> turnedClockwise(List<Point> ring) {
    // The shoelace sum is positive for clockwise rings because y grows downwards.
    double twiceArea = 0;
    for (int i = 0; i < ring.size(); i++) {
      Point a = ring.get(i);
      Point b = ring.get((i + 1) % ring.size());
      twiceArea += a.x() * b.y() - b.x() * a.y();
    }
    return twiceArea < 0 ? new ArrayList<>(ring.reversed()) : ring;
  }

  private static List<Point> sortedAroundMean(List<Point> ring) {
    double x = ring.stream().mapToDouble(Point::x).sum() / ring.size();
    double y = ring.stream().mapToDouble(Point::y).sum() / ring.size();
    Comparator<Point> clockwise =
        Comparator.comparingDouble(p -> StrictMath.atan2(p.y() - y, p.x() - x));
    List<Point> sorted = new ArrayList<>(ring);
    sorted.sort(
        clockwise
            .thenComparingDouble(p -> StrictMath.hypot(p.x() - x, p.y() - y))
            .thenComparing(Point.TOP_THEN_LEFT));
    return sorted;
  }

  /** Whether two sides cross at a point inside both. */
  static boolean crossesItself(List<Point> ring) {
    int n = ring.size();
    for (int i = 0; i < n; i++) {
      for (int j = i + 2; j < n; j++) {
        boolean neighbours = i == 0 && j == n - 1;
        if (!neighbours
            && cross(ring.get(i), ring.get(i + 1), ring.get(j), ring.get((j + 1) % n))) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether two segments cross at a point inside both. */
  private static boolean cross(Point a, Point b, Point c, Point d) {
    return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  }

  private static double side(Point a, Point b, Point p) {
    return Math.signum((b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x()));
  }
}
