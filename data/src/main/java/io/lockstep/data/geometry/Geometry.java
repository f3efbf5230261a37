package io.lockstep.data.geometry;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Where an object is, in pixels. */
public sealed interface Geometry {

  /** The point by which objects are put in reading order. */
  Point anchor();

  /** The points that span it: the corners of a box, clockwise from its top-left one. */
  List<Point> points();

  /**
   * Where it is once the plane has been mapped. A box stays a box if the map keeps boxes, else it
   * becomes a polygon. Polygons are canonical afterwards.
   */
  Geometry transformed(Affine map);

  /** The least box around it. */
  default Box bounds() {
    return Box.around(points());
  }

  /**
   * The part of it inside a picture: polygons by Sutherland and Hodgman's algorithm, without
   * redundant vertices and canonical; of a line, by Cohen and Sutherland's, the longest run that
   * remains. What lies inside wholly is returned exactly as it is.
   *
   * @return nothing if no area, or no length, remains
   */
  default Optional<Geometry> clipped(Frame frame) {
    return Clip.of(this, frame);
  }

  /** The part inside a picture; what has none is moved onto the nearest pixels of the picture. */
  default Geometry keptInside(Frame frame) {
    return clipped(frame).orElseGet(() -> Clamp.onto(this, frame));
  }

  /**
   * The share of it that lies inside a picture: of the area for boxes and polygons, of the length
   * for lines. What has neither counts as inside if its anchor is.
   *
   * @return from 0 to 1
   */
  default double coverage(Frame frame) {
    return Coverage.of(this, frame);
  }

  /** A box from its top-left to its bottom-right corner; anchored at its top-left corner. */
  record Box(double x1, double y1, double x2, double y2) implements Geometry {

    /** The least box around some points, of which there is at least one. */
    public static Box around(List<Point> points) {
      double x1 = Double.POSITIVE_INFINITY;
      double y1 = Double.POSITIVE_INFINITY;
      double x2 = Double.NEGATIVE_INFINITY;
      double y2 = Double.NEGATIVE_INFINITY;
      for (Point point : points) {
        x1 = Math.min(x1, point.x());
        y1 = Math.min(y1, point.y());
        x2 = Math.max(x2, point.x());
        y2 = Math.max(y2, point.y());
      }
      return new Box(x1, y1, x2, y2);
    }

    /** Pixels from left to right. */
    public double width() {
      return x2 - x1;
    }

    /** Pixels from top to bottom. */
    public double height() {
      return y2 - y1;
    }

    @Override
    public Point anchor() {
      return new Point(x1, y1);
    }

    @Override
    public List<Point> points() {
      return List.of(new Point(x1, y1), new Point(x2, y1), new Point(x2, y2), new Point(x1, y2));
    }

    @Override
    public Geometry transformed(Affine map) {
      List<Point> corners = points().stream().map(map::apply).toList();
      return map.keepsBoxes() ? around(corners) : new Polygon(corners).canonical();
    }
  }

  /** A closed outline of at least three points; anchored at its first point. */
  record Polygon(List<Point> points) implements Geometry {
    public Polygon {
      points = List.copyOf(points);
    }

    /** The same outline in its canonical order, as {@link CanonicalPolygon} states it. */
    public Polygon canonical() {
      return new Polygon(CanonicalPolygon.of(points));
    }

    @Override
    public Point anchor() {
      return points.getFirst();
    }

    @Override
    public Polygon transformed(Affine map) {
      return new Polygon(points.stream().map(map::apply).toList()).canonical();
    }
  }

  /** An open line of at least two points; anchored at its left-most point. */
  record Polyline(List<Point> points) implements Geometry {
    public Polyline {
      points = List.copyOf(points);
    }

    @Override
    public Point anchor() {
      return Collections.min(points, Point.LEFT_THEN_TOP);
    }

    @Override
    public Polyline transformed(Affine map) {
      return new Polyline(points.stream().map(map::apply).toList());
    }
  }
}
