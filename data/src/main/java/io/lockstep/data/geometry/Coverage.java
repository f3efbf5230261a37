package io.lockstep.data.geometry;

import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import java.util.List;

/** Areas, lengths, and the share of them that lies inside a picture. */
final class Coverage {

  private Coverage() {}

  static double of(Geometry geometry, Frame frame) {
    double whole =
        switch (geometry) {
          case Box box -> box.width() * box.height();
          case Polygon polygon -> area(polygon.points());
          case Polyline line -> length(line.points());
        };
    if (!(whole > 0)) {
      return frame.contains(geometry.anchor()) ? 1 : 0;
    }
    double inside =
        switch (geometry) {
          case Polyline line -> LineClipper.lengthInside(line, frame);
          case Box box -> box.clipped(frame).map(part -> area(part.points())).orElse(0.0);
          case Polygon polygon ->
              polygon.clipped(frame).map(part -> area(part.points())).orElse(0.0);
        };
    return Math.clamp(inside / whole, 0.0, 1.0);
  }

  /** The area that a ring encloses, by the shoelace formula. */
  static double area(List<Point> ring) {
    double twice = 0;
    Point origin = ring.getFirst();
    for (int i = 1; i + 1 < ring.size(); i++) {
      Point a = ring.get(i);
      Point b = ring.get(i + 1);
      twice +=
          (a.x() - origin.x()) * (b.y() - origin.y()) - (b.x() - origin.x()) * (a.y() - origin.y());
    }
    return Math.abs(twice) / 2;
  }

  /** The length of a line. */
  static double length(List<Point> points) {
    double length = 0;
    for (int i = 0; i + 1 < points.size(); i++) {
      double dx = points.get(i + 1).x() - points.get(i).x();
      double dy = points.get(i + 1).y() - points.get(i).y();
      length += Math.sqrt(dx * dx + dy * dy);
    }
    return length;
  }
}
