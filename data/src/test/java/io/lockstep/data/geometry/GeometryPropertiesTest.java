package io.lockstep.data.geometry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What holds for every geometry, tried on thousands. */
class GeometryPropertiesTest {

  private static final int CASES = 5000;
  private static final Frame FRAME = new Frame(120, 80);

  private interface Trial {
    void run(RandomGenerator random, Geometry geometry, Affine map);
  }

  private static void forAll(Trial trial) {
    for (int seed = 0; seed < CASES; seed++) {
      RandomGenerator random = new SplittableRandom(seed);
      Geometry geometry = Shapes.any(random, FRAME, 1);
      Affine map = Shapes.map(random, FRAME);
      try {
        trial.run(random, geometry, map);
      } catch (AssertionError e) {
        throw new AssertionError("seed %d: %s by %s".formatted(seed, geometry, map), e);
      }
    }
  }

  @Test
  void whatWasMappedAndKeptLiesInsideThePicture() {
    forAll((random, geometry, map) -> {
      Geometry kept = geometry.transformed(map).keptInside(FRAME);
      kept.points().forEach(point -> assertTrue(FRAME.contains(point), () -> "outside: " + point));
    });
  }

  @Test
  void theInverseMapReturnsEveryPoint() {
    forAll((random, geometry, map) -> {
      Affine back = map.inverse();
      for (Point point : geometry.points()) {
        Point returned = back.apply(map.apply(point));
        assertEquals(point.x(), returned.x(), 1e-9);
        assertEquals(point.y(), returned.y(), 1e-9);
      }
    });
  }

  @Test
  void outlinesStayClockwiseAndSimple() {
    forAll((random, geometry, map) -> {
      if (geometry.transformed(map).keptInside(FRAME) instanceof Polygon(List<Point> points)) {
        assertTrue(signedArea(points) > 0, () -> "not clockwise: " + points);
        assertFalse(CanonicalPolygon.crossesItself(points), () -> "crosses itself: " + points);
        assertEquals(CanonicalPolygon.of(points), points);
      }
    });
  }

  private static double signedArea(List<Point> points) {
    double twice = 0;
    for (int i = 0; i < points.size(); i++) {
      Point a = points.get(i);
      Point b = points.get((i + 1) % points.size());
      twice += a.x() * b.y() - b.x() * a.y();
    }
    return twice / 2;
  }

  @Test
  void coverageIsAShareAndGrowsWithTheWindow() {
    forAll((random, geometry, map) -> {
      Geometry moved = geometry.transformed(map);
      double before = 0;
      for (int width = 10; width <= FRAME.width(); width += 37) {
        double covered = moved.coverage(new Frame(width, FRAME.height() * width / FRAME.width()));
        assertTrue(covered >= 0 && covered <= 1, () -> "no share: " + covered);
        assertTrue(covered >= before - 1e-9, "shrinks");
        before = covered;
      }
    });
  }

  @Test
  void coverageIsOneInsideAndZeroOutside() {
    forAll((random, geometry, map) -> {
      assertEquals(1, geometry.coverage(FRAME), 1e-12);
      assertEquals(0, geometry.transformed(Affine.translation(500, 0)).coverage(FRAME));
    });
  }

  @Test
  void whatLiesInsideIsKeptExactly() {
    forAll((random, geometry, map) -> assertSame(geometry, geometry.clipped(FRAME).orElseThrow()));
  }

  @Test
  void flippingTwiceChangesNothing() {
    forAll((random, geometry, map) -> {
      for (Affine flip : List.of(Affine.horizontalFlip(120), Affine.verticalFlip(80))) {
        Geometry twice = geometry.transformed(flip).transformed(flip);
        assertEquals(geometry.points().size(), twice.points().size());
        for (int i = 0; i < geometry.points().size(); i++) {
          assertEquals(geometry.points().get(i).x(), twice.points().get(i).x(), 1e-9);
          assertEquals(geometry.points().get(i).y(), twice.points().get(i).y(), 1e-9);
        }
      }
    });
  }

  @Test
  void boxesStayBoxesUnderFlipsAndStretchesOnly() {
    Box box = new Box(10, 20, 40, 60);

    assertEquals(new Box(80, 20, 110, 60), box.transformed(Affine.horizontalFlip(120)));
    assertEquals(new Box(20, 10, 80, 30), box.transformed(Affine.scaling(2, 0.5)));
    assertInstanceOf(Polygon.class, box.transformed(Affine.rotation(10)));
    assertEquals(
        new Polygon(
            List.of(
                new Point(-60, 10), new Point(-20, 10), new Point(-20, 40), new Point(-60, 40))),
        box.transformed(Affine.rotation(90)));
  }

  @Test
  void aCutOutlineHasNoRedundantVertices() {
    Polygon diamond =
        new Polygon(
            List.of(new Point(0, -30), new Point(30, 0), new Point(0, 30), new Point(-30, 0)));

    assertEquals(
        new Polygon(List.of(new Point(0, 0), new Point(30, 0), new Point(0, 30))),
        diamond.clipped(FRAME).orElseThrow());
  }

  @Test
  void ofALineThatLeavesThePictureTheLongestRunStays() {
    Polyline line =
        new Polyline(
            List.of(
                new Point(10, 10),
                new Point(10, -10),
                new Point(20, -10),
                new Point(20, 50),
                new Point(200, 50)));

    assertEquals(
        new Polyline(List.of(new Point(20, 0), new Point(20, 50), new Point(120, 50))),
        line.clipped(FRAME).orElseThrow());
    assertEquals((10 + 50 + 100) / (20 + 10 + 60 + 180.0), line.coverage(FRAME), 1e-12);
  }

  @Test
  void whatLiesOutsideIsMovedOntoTheNearestPixel() {
    assertEquals(new Box(119, 30, 120, 40), new Box(300, 30, 310, 40).keptInside(FRAME));
    assertEquals(
        new Polyline(List.of(new Point(119, 79.5), new Point(120, 79.5))),
        new Polyline(List.of(new Point(500, 79.5), new Point(700, 79.5))).keptInside(FRAME));
    assertEquals(
        new Polygon(new Box(0, 79, 5, 80).points()),
        new Polygon(List.of(new Point(-9, 100), new Point(5, 100), new Point(0, 200)))
            .keptInside(FRAME));
  }
}
