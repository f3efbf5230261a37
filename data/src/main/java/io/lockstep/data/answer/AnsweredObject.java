package io.lockstep.data.answer;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.util.List;

/**
 * An object that a dense answer names.
 *
 * @param desc what it is
 * @param geometry where it is, in the unit in which the answer states coordinates; the points of
 *     outlines in the answer's order
 */
public record AnsweredObject(String desc, Geometry geometry) {

  /**
   * The same object in pixels.
   *
   * @param range the answer's unit
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   */
  public AnsweredObject inPixels(CoordinateRange range, int width, int height) {
    double x = (double) width / range.x();
    double y = (double) height / range.y();
    return new AnsweredObject(
        desc,
        switch (geometry) {
          case Box(double x1, double y1, double x2, double y2) ->
              new Box(x1 * x, y1 * y, x2 * x, y2 * y);
          case Polygon(List<Point> points) -> new Polygon(scaled(points, x, y));
          case Polyline(List<Point> points) -> new Polyline(scaled(points, x, y));
        });
  }

  private static List<Point> scaled(List<Point> points, double x, double y) {
    return points.stream().map(point -> new Point(point.x() * x, point.y() * y)).toList();
  }
}
