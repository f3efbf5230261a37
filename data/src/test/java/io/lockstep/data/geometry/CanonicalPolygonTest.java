package io.lockstep.data.geometry;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.data.geometry.Geometry.Polygon;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class CanonicalPolygonTest {

  private static final List<Point> SQUARE = points(1, 1, 5, 1, 5, 5, 1, 5);

  @Test
  void startsTopLeftAndRunsClockwiseWhereverTheListBegins() {
    for (int shift = 0; shift < 4; shift++) {
      List<Point> shifted = new ArrayList<>(SQUARE);
      Collections.rotate(shifted, shift);
      assertEquals(SQUARE, canonical(shifted));
      assertEquals(SQUARE, canonical(shifted.reversed()));
    }
  }

  @Test
  void dropsTheRepeatedClosingPoint() {
    assertEquals(SQUARE, canonical(points(1, 1, 5, 1, 5, 5, 1, 5, 1, 1)));
  }

  @Test
  void theTopMostVertexComesBeforeTheLeftMost() {
    assertEquals(points(5, 0, 9, 4, 0, 6), canonical(points(0, 6, 5, 0, 9, 4)));
  }

  @Test
  void unravelsAnOutlineThatCrossesItself() {
    assertEquals(SQUARE, canonical(points(1, 1, 5, 5, 5, 1, 1, 5)));
  }

  @Test
  void keepsTheShapeOfAConcaveOutline() {
    List<Point> arrow = points(0, 0, 9, 0, 9, 9, 8, 1);
    assertEquals(arrow, canonical(arrow));
    assertEquals(arrow, canonical(arrow.reversed()));
  }

  @Test
  void isItsOwnCanonicalForm() {
    List<Point> once = canonical(points(4, 9, 2, 2, 8, 3, 7, 7));
    assertEquals(once, canonical(once));
  }

  private static List<Point> canonical(List<Point> points) {
    return new Polygon(points).canonical().points();
  }

  private static List<Point> points(double... flat) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < flat.length; i += 2) {
      points.add(new Point(flat[i], flat[i + 1]));
    }
    return points;
  }
}
