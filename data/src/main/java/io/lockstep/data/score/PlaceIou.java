package io.lockstep.data.score;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.util.List;
import java.util.stream.Stream;
import org.locationtech.jts.geom.Coordinate;
import org.locationtech.jts.geom.GeometryFactory;
import org.locationtech.jts.geom.util.GeometryFixer;
import org.locationtech.jts.operation.overlayng.OverlayNG;
import org.locationtech.jts.operation.overlayng.OverlayNGRobust;

/**
 * The overlap of two places of the same kind: the area of their intersection over that of their
 * union.
 *
 * <ul>
 *   <li>Boxes: as {@link BoxIou}.
 *   <li>Polygons: exactly, by clipping one with the other (JTS's OverlayNG), concave or not. An
 *       outline that crosses itself is made valid first (JTS's GeometryFixer, which keeps the areas
 *       that it encloses).
 *   <li>Lines have no area: each is widened to a strip that reaches a radius to each side and
 *       beyond its ends, and the strips are compared. Two parallel long lines have an IoU of 0.5 at
 *       a distance of two thirds of the radius. The radius is {@link #LINE_RADIUS} of the picture's
 *       diagonal.
 *   <li>Places of different kinds: 0. Equal places: 1, even if they have no area.
 * </ul>
 */
public final class PlaceIou {

  /** How far a line's strip reaches to each side, as a share of the picture's diagonal. */
  public static final double LINE_RADIUS = 0.02;

  private static final GeometryFactory FACTORY = new GeometryFactory();

  private PlaceIou() {}

  /**
   * From 0 to 1.
   *
   * @param lineRadius how far the strip of a line reaches to each side, in the unit of both places
   */
  public static double of(Geometry a, Geometry b, double lineRadius) {
    if (a.equals(b)) {
      return 1;
    }
    if (a instanceof Box one && b instanceof Box other) {
      return BoxIou.of(one, other);
    }
    if (a instanceof Polygon one && b instanceof Polygon other) {
      return overlap(area(one), area(other));
    }
    if (a instanceof Polyline one && b instanceof Polyline other) {
      return overlap(strip(one, lineRadius), strip(other, lineRadius));
    }
    return 0;
  }

  /** The radius of lines in a picture, in pixels. */
  public static double lineRadius(int width, int height) {
    return LINE_RADIUS * Math.sqrt((double) width * width + (double) height * height);
  }

  private static double overlap(
      org.locationtech.jts.geom.Geometry a, org.locationtech.jts.geom.Geometry b) {
    if (!a.getEnvelopeInternal().intersects(b.getEnvelopeInternal())) {
      return 0;
    }
    double both = OverlayNGRobust.overlay(a, b, OverlayNG.INTERSECTION).getArea();
    double union = a.getArea() + b.getArea() - both;
    return union > 0 ? Math.clamp(both / union, 0.0, 1.0) : 0;
  }

  private static org.locationtech.jts.geom.Geometry area(Polygon polygon) {
    Coordinate[] ring =
        Stream.concat(polygon.points().stream(), Stream.of(polygon.points().getFirst()))
            .map(PlaceIou::coordinate)
            .toArray(Coordinate[]::new);
    return GeometryFixer.fix(FACTORY.createPolygon(ring));
  }

  private static org.locationtech.jts.geom.Geometry strip(Polyline line, double radius) {
    List<Point> points = line.points();
    return FACTORY
        .createLineString(points.stream().map(PlaceIou::coordinate).toArray(Coordinate[]::new))
        .buffer(radius);
  }

  private static Coordinate coordinate(Point point) {
    return new Coordinate(point.x(), point.y());
  }
}
