package io.lockstep.data.record;

import java.util.Collections;
import java.util.List;

/** Where an object is, in pixels. */
public sealed interface Geometry {

  /** The point by which objects are put in reading order. */
  Point anchor();

  /** A box from its top-left to its bottom-right corner; anchored at its top-left corner. */
  record Box(double x1, double y1, double x2, double y2) implements Geometry {
    @Override
    public Point anchor() {
      return new Point(x1, y1);
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
  }
}
