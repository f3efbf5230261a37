package io.lockstep.data.geometry;

import io.lockstep.data.geometry.Geometry.Polyline;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Cuts a line off at the edges of a picture, segment by segment (the algorithm of Cohen and
 * Sutherland; Newman and Sproull, "Principles of interactive computer graphics", 1973), and keeps
 * the longest run of what remains; of equally long ones the first.
 */
final class LineClipper {

  private static final int LEFT = 1;
  private static final int RIGHT = 2;
  private static final int TOP = 4;
  private static final int BOTTOM = 8;

  /** Each end is cut at most once by a vertical and once by a horizontal side. */
  private static final int MOST_CUTS = 4;

  /** What remains must be longer than this, in pixels. */
  private static final double LEAST_LENGTH = 1e-6;

  private final Frame frame;

  private LineClipper(Frame frame) {
    this.frame = frame;
  }

  /** A part of a line between two points inside the picture. */
  private record Segment(Point from, Point to) {}

  static Optional<Polyline> clip(Polyline line, Frame frame) {
    List<Point> longest = List.of();
    double best = LEAST_LENGTH;
    for (List<Point> run : new LineClipper(frame).runs(line.points())) {
      double length = Coverage.length(run);
      if (length > best) {
        best = length;
        longest = run;
      }
    }
    return longest.isEmpty() ? Optional.empty() : Optional.of(new Polyline(longest));
  }

  /** The length of all that lies inside. */
  static double lengthInside(Polyline line, Frame frame) {
    return new LineClipper(frame).runs(line.points()).stream().mapToDouble(Coverage::length).sum();
  }

  /** The runs inside the picture, in the line's order. */
  private List<List<Point>> runs(List<Point> points) {
    List<List<Point>> runs = new ArrayList<>();
    List<Point> run = new ArrayList<>();
    for (int i = 0; i + 1 < points.size(); i++) {
      Optional<Segment> inside = segment(points.get(i), points.get(i + 1));
      if (inside.isEmpty()) {
        end(run, runs);
        run = new ArrayList<>();
        continue;
      }
      Segment part = inside.get();
      if (run.isEmpty() || !run.getLast().equals(part.from())) {
        end(run, runs);
        run = new ArrayList<>(List.of(part.from()));
      }
      if (!part.to().equals(part.from())) {
        run.add(part.to());
      }
    }
    end(run, runs);
    return runs;
  }

  private static void end(List<Point> run, List<List<Point>> runs) {
    if (run.size() > 1) {
      runs.add(run);
    }
  }

  /** The part of a segment inside the picture. */
  private Optional<Segment> segment(Point begin, Point end) {
    Point from = begin;
    Point to = end;
    int codeFrom = code(from);
    int codeTo = code(to);
    for (int cuts = 0; (codeFrom | codeTo) != 0; cuts++) {
      if ((codeFrom & codeTo) != 0 || cuts == MOST_CUTS) {
        return Optional.empty();
      }
      if (codeFrom != 0) {
        from = crossing(begin, end, codeFrom);
        codeFrom = code(from) & ~horizontalOrVertical(codeFrom);
      } else {
        to = crossing(begin, end, codeTo);
        codeTo = code(to) & ~horizontalOrVertical(codeTo);
      }
    }
    return Optional.of(new Segment(from, to));
  }

  /** The side that {@link #crossing} deals with: it is settled, whatever rounding says. */
  private static int horizontalOrVertical(int code) {
    return (code & (TOP | BOTTOM)) != 0 ? TOP | BOTTOM : LEFT | RIGHT;
  }

  private int code(Point p) {
    int horizontal = p.x() < 0 ? LEFT : p.x() > frame.width() ? RIGHT : 0;
    int vertical = p.y() < 0 ? TOP : p.y() > frame.height() ? BOTTOM : 0;
    return horizontal | vertical;
  }

  /** Where the line through both points meets the side that a code names, top and bottom first. */
  private Point crossing(Point a, Point b, int code) {
    if ((code & (TOP | BOTTOM)) != 0) {
      double y = (code & TOP) != 0 ? 0 : frame.height();
      return new Point(a.x() + (b.x() - a.x()) * (y - a.y()) / (b.y() - a.y()), y);
    }
    double x = (code & LEFT) != 0 ? 0 : frame.width();
    double y = a.y() + (b.y() - a.y()) * (x - a.x()) / (b.x() - a.x());
    return new Point(x, Math.clamp(y, Math.min(a.y(), b.y()), Math.max(a.y(), b.y())));
  }
}
