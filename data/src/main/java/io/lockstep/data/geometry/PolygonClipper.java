package io.lockstep.data.geometry;

import io.lockstep.data.geometry.Geometry.Polygon;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Cuts a polygon off at the edges of a picture, one edge after the other (Sutherland and Hodgman,
 * "Reentrant polygon clipping", 1974).
 */
final class PolygonClipper {

  /** A vertex nearer to the line through its neighbours, in pixels, says nothing. */
  private static final double REDUNDANT = 1e-6;

  private static final double LEAST_AREA = 1e-6;

  private PolygonClipper() {}

  /** A side of the picture: how far inside of it a point lies, and the point moved onto it. */
  private enum Edge {
    LEFT {
      @Override
      double depth(Point p, Frame frame) {
        return p.x();
      }

      @Override
      Point onto(Point p, Frame frame) {
        return new Point(0, p.y());
      }
    },
    TOP {
      @Override
      double depth(Point p, Frame frame) {
        return p.y();
      }

      @Override
      Point onto(Point p, Frame frame) {
        return new Point(p.x(), 0);
      }
    },
    RIGHT {
      @Override
      double depth(Point p, Frame frame) {
        return frame.width() - p.x();
      }

      @Override
      Point onto(Point p, Frame frame) {
        return new Point(frame.width(), p.y());
      }
    },
    BOTTOM {
      @Override
      double depth(Point p, Frame frame) {
        return frame.height() - p.y();
      }

      @Override
      Point onto(Point p, Frame frame) {
        return new Point(p.x(), frame.height());
      }
    };

    abstract double depth(Point p, Frame frame);

    abstract Point onto(Point p, Frame frame);
  }

  static Optional<Polygon> clip(Polygon polygon, Frame frame) {
    List<Point> ring = polygon.points();
    for (Edge edge : Edge.values()) {
      ring = cut(ring, edge, frame);
    }
    ring = withoutRedundant(ring);
    if (ring.size() < 3 || Coverage.area(ring) < LEAST_AREA) {
      return Optional.empty();
    }
    return Optional.of(new Polygon(ring).canonical());
  }

  private static List<Point> cut(List<Point> ring, Edge edge, Frame frame) {
    List<Point> kept = new ArrayList<>();
    for (int i = 0; i < ring.size(); i++) {
      Point from = ring.get(i);
      Point to = ring.get((i + 1) % ring.size());
      double depthFrom = edge.depth(from, frame);
      double depthTo = edge.depth(to, frame);
      if (depthFrom >= 0) {
        kept.add(from);
      }
      if (depthFrom >= 0 != depthTo >= 0) {
        double t = depthFrom / (depthFrom - depthTo);
        Point crossing =
            new Point(from.x() + t * (to.x() - from.x()), from.y() + t * (to.y() - from.y()));
        kept.add(edge.onto(crossing, frame));
      }
    }
    return kept;
  }

  /** Drops vertices that lie on the line between their neighbours, and spikes without area. */
  private static List<Point> withoutRedundant(List<Point> ring) {
    List<Point> kept = new ArrayList<>(ring);
    int i = 0;
    int settled = 0;
    while (kept.size() >= 3 && settled < kept.size()) {
      int n = kept.size();
      Point before = kept.get((i + n - 1) % n);
      Point after = kept.get((i + 1) % n);
      if (distanceToLine(kept.get(i), before, after) < REDUNDANT) {
        kept.remove(i);
        i = Math.floorMod(i - 1, n - 1);
        settled = 0;
      } else {
        i = (i + 1) % n;
        settled++;
      }
    }
    return kept;
  }

  private static double distanceToLine(Point p, Point a, Point b) {
    double dx = b.x() - a.x();
    double dy = b.y() - a.y();
    double length = Math.sqrt(dx * dx + dy * dy);
    double toFirst =
        Math.sqrt((p.x() - a.x()) * (p.x() - a.x()) + (p.y() - a.y()) * (p.y() - a.y()));
    if (length < REDUNDANT || toFirst < REDUNDANT) {
      return 0;
    }
    return Math.abs(dx * (p.y() - a.y()) - dy * (p.x() - a.x())) / length;
  }
}
