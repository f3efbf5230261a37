package io.lockstep.datatools.demo;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import java.util.ArrayList;
import java.util.List;

/** Ground-truth geometry in whole pixels inside the picture. */
final class Pixels {

  private Pixels() {}

  static Geometry box(double x1, double y1, double x2, double y2) {
    return new Geometry.Box(whole(x1), whole(y1), whole(x2), whole(y2));
  }

  static Geometry line(double[] xy) {
    return new Geometry.Polyline(points(xy));
  }

  static Geometry polygon(double[] xy) {
    return new Geometry.Polygon(points(xy)).canonical();
  }

  private static List<Point> points(double[] xy) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < xy.length; i += 2) {
      points.add(new Point(whole(xy[i]), whole(xy[i + 1])));
    }
    return points;
  }

  private static double whole(double value) {
    return StrictMath.rint(StrictMath.min(StrictMath.max(value, 0), Scene.SIZE));
  }
}
