package io.lockstep.data.geometry;

import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import java.util.List;
import java.util.Optional;

/** Cuts geometries off at the edges of a picture. */
final class Clip {

  /** Coordinates that rounding has carried over an edge by less, in pixels, count as on it. */
  private static final double ROUNDING = 1e-6;

  private Clip() {}

  static Optional<Geometry> of(Geometry geometry, Frame frame) {
    if (isInside(geometry, frame)) {
      return Optional.of(geometry)
          .map(whole -> withoutRounding(whole, frame))
          .filter(Clip::hasExtent);
    }
    return switch (geometry) {
      case Box box -> box(box, frame);
      case Polygon polygon -> PolygonClipper.clip(polygon, frame).map(Geometry.class::cast);
      case Polyline line -> LineClipper.clip(line, frame).map(Geometry.class::cast);
    };
  }

  private static boolean isInside(Geometry geometry, Frame frame) {
    for (Point point : geometry.points()) {
      Point nearest = frame.nearest(point);
      if (Math.abs(point.x() - nearest.x()) > ROUNDING
          || Math.abs(point.y() - nearest.y()) > ROUNDING) {
        return false;
      }
    }
    return true;
  }

  private static Geometry withoutRounding(Geometry geometry, Frame frame) {
    if (geometry.points().stream().allMatch(frame::contains)) {
      return geometry;
    }
    List<Point> points = geometry.points().stream().map(frame::nearest).toList();
    return switch (geometry) {
      case Box ignored -> Box.around(points);
      case Polygon ignored -> new Polygon(points).canonical();
      case Polyline ignored -> new Polyline(points);
    };
  }

  /** What was annotated without area or length has none that could be cut off. */
  private static boolean hasExtent(Geometry geometry) {
    return switch (geometry) {
      case Box(double x1, double y1, double x2, double y2) -> x2 > x1 && y2 > y1;
      case Polygon polygon -> Coverage.area(polygon.points()) > 0;
      case Polyline line -> Coverage.length(line.points()) > 0;
    };
  }

  private static Optional<Geometry> box(Box box, Frame frame) {
    double x1 = Math.max(0, box.x1());
    double y1 = Math.max(0, box.y1());
    double x2 = Math.min(frame.width(), box.x2());
    double y2 = Math.min(frame.height(), box.y2());
    return x2 - x1 > ROUNDING && y2 - y1 > ROUNDING
        ? Optional.of(new Box(x1, y1, x2, y2))
        : Optional.empty();
  }
}
