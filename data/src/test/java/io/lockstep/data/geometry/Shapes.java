package io.lockstep.data.geometry;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/** Draws geometries and maps for tests. */
public final class Shapes {

  private Shapes() {}

  /** A box, outline or line inside a picture, at least {@code least} pixels wide and high. */
  public static Geometry any(RandomGenerator random, Frame frame, double least) {
    return switch (random.nextInt(3)) {
      case 0 -> box(random, frame, least);
      case 1 -> outline(random, box(random, frame, least));
      default -> line(random, frame);
    };
  }

  /** A box inside a picture. */
  public static Geometry.Box box(RandomGenerator random, Frame frame, double least) {
    double width = random.nextDouble(least, frame.width());
    double height = random.nextDouble(least, frame.height());
    double x = random.nextDouble(0, frame.width() - width);
    double y = random.nextDouble(0, frame.height() - height);
    return new Geometry.Box(x, y, x + width, y + height);
  }

  /** A star-shaped outline around the middle of a box, often concave. */
  public static Geometry.Polygon outline(RandomGenerator random, Geometry.Box box) {
    int vertices = random.nextInt(3, 12);
    List<Double> angles = new ArrayList<>();
    for (int i = 0; i < vertices; i++) {
      angles.add(2 * StrictMath.PI * (i + 0.8 * random.nextDouble()) / vertices);
    }
    Collections.sort(angles);
    List<Point> points = new ArrayList<>();
    for (double angle : angles) {
      double reach = random.nextDouble(0.3, 1) / 2;
      points.add(
          new Point(
              (box.x1() + box.x2()) / 2 + box.width() * reach * StrictMath.cos(angle),
              (box.y1() + box.y2()) / 2 + box.height() * reach * StrictMath.sin(angle)));
    }
    return new Geometry.Polygon(points).canonical();
  }

  /** A line through a few points of a picture. */
  public static Geometry.Polyline line(RandomGenerator random, Frame frame) {
    List<Point> points = new ArrayList<>();
    int count = random.nextInt(2, 6);
    for (int i = 0; i < count; i++) {
      points.add(
          new Point(random.nextDouble(0, frame.width()), random.nextDouble(0, frame.height())));
    }
    return new Geometry.Polyline(points);
  }

  /** A turn, stretch and shift, perhaps mirrored. */
  public static Affine map(RandomGenerator random, Frame frame) {
    double x = random.nextDouble(0.4, 2.5);
    double y = random.nextDouble(0.4, 2.5);
    return Affine.scaling(random.nextBoolean() ? x : -x, y)
        .then(
            Affine.rotation(
                random.nextInt(4) == 0 ? 90 * random.nextInt(4) : random.nextDouble(360)))
        .around(new Point(frame.width() / 2.0, frame.height() / 2.0))
        .then(
            Affine.translation(
                random.nextDouble(-frame.width(), frame.width()),
                random.nextDouble(-frame.height(), frame.height())));
  }
}
