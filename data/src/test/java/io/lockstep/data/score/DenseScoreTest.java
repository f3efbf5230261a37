package io.lockstep.data.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import io.lockstep.data.geometry.Point;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DenseScoreTest {

  /** A 3-4-5 picture: the diagonal is 500, the radius of lines 10. */
  private static final int WIDTH = 300;

  private static final int HEIGHT = 400;
  private static final double TIGHT = 1e-12;

  @Test
  void handCountedPictureWithEveryKind() {
    List<AnsweredObject> truths =
        List.of(
            object("cat", box(0, 0, 10, 10)),
            object("dog", box(100, 0, 110, 10)),
            object("sign", polygon(0, 100, 10, 100, 10, 110, 0, 110)),
            object("cable", line(0, 200, 100, 200)));
    List<AnsweredObject> answered =
        List.of(
            // IoU 0.8, its description wrong.
            object("cow", box(0, 0, 10, 8)),
            // IoU 0.25 with the dog: matched, not found.
            object("dog", box(100, 0, 105, 5)),
            // Nothing is there.
            object("bird", box(200, 200, 210, 210)),
            // Half of the square: IoU 0.5, found.
            object("sign", polygon(0, 100, 10, 100, 0, 110)));
    DenseScore score = DenseScore.of(answered, truths, WIDTH, HEIGHT);
    assertEquals(new MatchCounts(2, 3, 2, 1, 1, 0.8 + 0.25), score.boxes());
    assertEquals(1, score.polygons().found());
    assertEquals(0.5, score.polygons().meanIou(), TIGHT);
    assertEquals(new MatchCounts(1, 0, 0, 0, 0, 0), score.lines());
    MatchCounts all = score.overall();
    assertEquals((0.8 + 0.25 + 0.5) / 3, all.meanIou(), TIGHT);
    assertEquals(0.5, all.precision(), TIGHT);
    assertEquals(0.5, all.recall(), TIGHT);
    assertEquals(0.5, all.f1(), TIGHT);
    assertEquals(2.0 / 3, all.captionMatch(), TIGHT);
    assertFalse(all.isPerfect());
  }

  @Test
  void theMatchingIsTheBestOfAllNotTheFirst() {
    // The first answer overlaps the left truth by 2/3 and the right one by 9/11; the second answer
    // overlaps only the right one, by 3/13. Taking 9/11 first would leave the second with nothing.
    List<AnsweredObject> truths =
        List.of(object("a", box(0, 0, 10, 10)), object("a", box(3, 0, 13, 10)));
    List<AnsweredObject> answered =
        List.of(object("a", box(2, 0, 12, 10)), object("a", box(10, 0, 16, 10)));
    MatchCounts counts = DenseScore.of(answered, truths, WIDTH, HEIGHT).boxes();
    assertEquals(2, counts.matched());
    assertEquals(8.0 / 12 + 3.0 / 13, counts.iouSum(), TIGHT);
  }

  @Test
  void amongPlacesAlikeDescriptionsDecide() {
    List<AnsweredObject> truths =
        List.of(object("a", box(0, 0, 10, 10)), object("b", box(0, 0, 10, 10)));
    DenseScore score = DenseScore.of(truths.reversed(), truths, WIDTH, HEIGHT);
    assertEquals(1, score.overall().captionMatch(), TIGHT);
    assertTrue(score.overall().isPerfect());
  }

  @Test
  void anotherKindOfPlaceIsMissedAndWrong() {
    DenseScore score =
        DenseScore.of(
            List.of(object("a", polygon(0, 0, 10, 0, 10, 10, 0, 10))),
            List.of(object("a", box(0, 0, 10, 10))),
            WIDTH,
            HEIGHT);
    assertEquals(new MatchCounts(1, 1, 0, 0, 0, 0), score.overall());
  }

  @Test
  void polygonsAreComparedExactlyAlsoConcaveAndCrossedOnes() {
    // An L of area 75 in a square of 100.
    Geometry corner = polygon(0, 0, 10, 0, 10, 5, 5, 5, 5, 10, 0, 10);
    assertEquals(0.75, iou(corner, polygon(0, 0, 10, 0, 10, 10, 0, 10)), TIGHT);
    // The lower right quarter is what the L leaves out.
    assertEquals(0, iou(corner, polygon(5, 5, 10, 5, 10, 10, 5, 10)), TIGHT);
    // A bow tie encloses two triangles of 25 each.
    Geometry bow = polygon(0, 0, 10, 10, 10, 0, 0, 10);
    assertEquals(0.5, iou(bow, polygon(0, 0, 10, 0, 10, 10, 0, 10)), TIGHT);
    // No area, no overlap.
    assertEquals(0, iou(polygon(0, 0, 5, 5, 10, 10), corner), TIGHT);
  }

  @Test
  void linesAreComparedAsStrips() {
    Geometry line = line(50, 100, 250, 100);
    assertEquals(1, iou(line, line(250, 100, 150, 100, 50, 100)), TIGHT);
    // Two thirds of the radius apart; the round ends overlap a little less than the sides.
    assertEquals(0.5, iou(line, line(50, 100 + 20.0 / 3, 250, 100 + 20.0 / 3)), 0.01);
    assertEquals(0, iou(line, line(50, 121, 250, 121)), TIGHT);
  }

  @Test
  void ofNothingThereIsNoShare() {
    assertTrue(Double.isNaN(DenseScore.NONE.overall().f1()));
    assertTrue(DenseScore.of(List.of(), List.of(), WIDTH, HEIGHT).overall().isPerfect());
    MatchCounts missed =
        DenseScore.of(List.of(), List.of(object("a", box(0, 0, 1, 1))), WIDTH, HEIGHT).overall();
    assertEquals(0, missed.recall(), TIGHT);
    assertEquals(0, missed.f1(), TIGHT);
    assertTrue(Double.isNaN(missed.precision()));
  }

  private static double iou(Geometry a, Geometry b) {
    double one = PlaceIou.of(a, b, PlaceIou.lineRadius(WIDTH, HEIGHT));
    assertEquals(one, PlaceIou.of(b, a, PlaceIou.lineRadius(WIDTH, HEIGHT)), TIGHT);
    return one;
  }

  private static AnsweredObject object(String desc, Geometry geometry) {
    return new AnsweredObject(desc, geometry);
  }

  private static Geometry box(double x1, double y1, double x2, double y2) {
    return new Box(x1, y1, x2, y2);
  }

  private static Geometry polygon(double... flat) {
    return new Polygon(points(flat));
  }

  private static Geometry line(double... flat) {
    return new Polyline(points(flat));
  }

  private static List<Point> points(double... flat) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < flat.length; i += 2) {
      points.add(new Point(flat[i], flat[i + 1]));
    }
    return points;
  }
}
