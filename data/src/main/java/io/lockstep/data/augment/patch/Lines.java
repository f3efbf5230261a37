package io.lockstep.data.augment.patch;

import io.lockstep.data.geometry.Point;
import java.util.List;

/** Lengths along lines. */
final class Lines {

  private Lines() {}

  /** The length of a line in pixels. */
  static double length(List<Point> points) {
    double length = 0;
    for (int i = 0; i + 1 < points.size(); i++) {
      length += distance(points.get(i), points.get(i + 1));
    }
    return length;
  }

  static double distance(Point a, Point b) {
    double dx = b.x() - a.x();
    double dy = b.y() - a.y();
    return Math.sqrt(dx * dx + dy * dy);
  }

  /** The point at a share of the way. */
  static Point between(Point a, Point b, double share) {
    return new Point(a.x() + (b.x() - a.x()) * share, a.y() + (b.y() - a.y()) * share);
  }
}
