package io.lockstep.data.score;

import io.lockstep.data.answer.AnsweredObject;
import io.lockstep.data.conversation.SameText;
import io.lockstep.data.geometry.Geometry.Box;
import io.lockstep.data.geometry.Geometry.Polygon;
import io.lockstep.data.geometry.Geometry.Polyline;
import java.util.List;

/**
 * How well dense answers name the objects of pictures, by kind of place.
 *
 * <p>In each picture the objects of a kind are matched one to one such that the sum of IoUs ({@link
 * PlaceIou}) is the greatest possible ({@link Assignment}); pairs without overlap are left
 * unmatched. Descriptions don't decide what is matched, but among places that overlap alike (closer
 * than a millionth) those with equal descriptions go together. A box never matches a polygon: the
 * true object is missed and the answered one is wrong.
 */
public record DenseScore(MatchCounts boxes, MatchCounts polygons, MatchCounts lines) {

  /** Of no picture yet. */
  public static final DenseScore NONE =
      new DenseScore(MatchCounts.NONE, MatchCounts.NONE, MatchCounts.NONE);

  private static final double SAME_DESCRIPTION = 1e-6;

  /**
   * Scores the answer about one picture.
   *
   * @param answered what was answered, in pixels; nothing of an answer that can't be read
   * @param truths what is there, in pixels
   * @param width of the picture
   * @param height of the picture
   */
  public static DenseScore of(
      List<AnsweredObject> answered, List<AnsweredObject> truths, int width, int height) {
    double radius = PlaceIou.lineRadius(width, height);
    return new DenseScore(
        match(ofKind(answered, Box.class), ofKind(truths, Box.class), radius),
        match(ofKind(answered, Polygon.class), ofKind(truths, Polygon.class), radius),
        match(ofKind(answered, Polyline.class), ofKind(truths, Polyline.class), radius));
  }

  /** Those of several pictures together. */
  public DenseScore plus(DenseScore other) {
    return new DenseScore(
        boxes.plus(other.boxes), polygons.plus(other.polygons), lines.plus(other.lines));
  }

  /** All kinds together. */
  public MatchCounts overall() {
    return boxes.plus(polygons).plus(lines);
  }

  private static List<AnsweredObject> ofKind(List<AnsweredObject> objects, Class<?> kind) {
    return objects.stream().filter(object -> kind.isInstance(object.geometry())).toList();
  }

  private static MatchCounts match(
      List<AnsweredObject> answered, List<AnsweredObject> truths, double radius) {
    double[][] ious = new double[answered.size()][truths.size()];
    double[][] gains = new double[answered.size()][truths.size()];
    boolean[][] same = new boolean[answered.size()][truths.size()];
    for (int a = 0; a < ious.length; a++) {
      AnsweredObject said = answered.get(a);
      for (int t = 0; t < truths.size(); t++) {
        AnsweredObject truth = truths.get(t);
        ious[a][t] = PlaceIou.of(said.geometry(), truth.geometry(), radius);
        same[a][t] = SameText.same(said.desc(), truth.desc());
        gains[a][t] = ious[a][t] + (same[a][t] && ious[a][t] > 0 ? SAME_DESCRIPTION : 0);
      }
    }
    int[] truthOf = Assignment.best(gains);
    long matched = 0;
    long found = 0;
    long described = 0;
    double sum = 0;
    for (int a = 0; a < truthOf.length; a++) {
      int t = truthOf[a];
      if (t != Assignment.NONE && ious[a][t] > 0) {
        matched++;
        found += ious[a][t] >= MatchCounts.FOUND_IOU ? 1 : 0;
        described += same[a][t] ? 1 : 0;
        sum += ious[a][t];
      }
    }
    return new MatchCounts(truths.size(), answered.size(), matched, found, described, sum);
  }
}
