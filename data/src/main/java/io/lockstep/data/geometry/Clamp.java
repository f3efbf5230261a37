package io.lockstep.data.geometry;

import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import java.util.List;

/** Moves geometries of which nothing lies inside a picture onto its nearest pixels. */
final class Clamp {

  /** What is left is at least as wide, high or long as a pixel. */
  private static final double PIXEL = 1;

  private Clamp() {}

  static Geometry onto(Geometry geometry, Frame frame) {
    return switch (geometry) {
      case Box box -> box(box.points(), frame);
      case Polygon polygon -> new Polygon(box(polygon.points(), frame).points());
      case Polyline line -> line(line, frame);
    };
  }

  private static Box box(List<Point> points, Frame frame) {
    Box near = Box.around(points.stream().map(frame::nearest).toList());
    double x1 = Math.min(near.x1(), frame.width() - PIXEL);
    double y1 = Math.min(near.y1(), frame.height() - PIXEL);
    return new Box(x1, y1, Math.max(near.x2(), x1 + PIXEL), Math.max(near.y2(), y1 + PIXEL));
  }

  private static Polyline line(Polyline line, Frame frame) {
    Point from = frame.nearest(line.points().getFirst());
    Point to = frame.nearest(line.points().getLast());
    if (Coverage.length(List.of(from, to)) >= PIXEL) {
      return new Polyline(List.of(from, to));
    }
    double x = Math.min(from.x(), frame.width() - PIXEL);
    return new Polyline(List.of(new Point(x, from.y()), new Point(x + PIXEL, from.y())));
  }
}
