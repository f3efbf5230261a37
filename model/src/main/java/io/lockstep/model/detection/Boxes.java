package io.lockstep.model.detection;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.TrueObject;
import io.lockstep.tensor.Elementwise;
import io.lockstep.tensor.Ops;
import java.util.List;

/**
 * Arithmetic on boxes that are given by centre, width and height.
 *
 * <p>Intersection over union of boxes A and B is {@code |A n B| / |A u B|}; the generalised one
 * subtracts the share of the least box C around both that neither covers: {@code IoU - (|C| - |A u
 * B|) / |C|} (Rezatofighi et al., "Generalized intersection over union", 2019), from -1 to 1.
 */
public final class Boxes {

  /** Numbers of a box. */
  public static final int NUMBERS = 4;

  /** Less than the area of any box that is told apart from none; keeps quotients finite. */
  private static final float LEAST_AREA = 1e-12f;

  private Boxes() {}

  /** The objects' boxes, [K, 4]. */
  public static NDArray of(List<TrueObject> objects) {
    float[] numbers = new float[objects.size() * NUMBERS];
    int at = 0;
    for (TrueObject object : objects) {
      numbers[at++] = object.centreX();
      numbers[at++] = object.centreY();
      numbers[at++] = object.width();
      numbers[at++] = object.height();
    }
    return Ops.constant(numbers, objects.size(), NUMBERS);
  }

  /** The generalised intersection over union of each pair, [K, 1]; both [K, 4]. */
  public static NDArray generalisedIou(NDArray first_K4, NDArray second_K4) {
    NDArray firstMin = corner(first_K4, -1);
    NDArray firstMax = corner(first_K4, 1);
    NDArray secondMin = corner(second_K4, -1);
    NDArray secondMax = corner(second_K4, 1);
    NDArray shared =
        area(
            Elementwise.relu(
                Elementwise.smaller(firstMax, secondMax)
                    .sub(Elementwise.larger(firstMin, secondMin))));
    NDArray around =
        atLeast(
            area(
                Elementwise.larger(firstMax, secondMax)
                    .sub(Elementwise.smaller(firstMin, secondMin))));
    NDArray union =
        atLeast(
            area(Ops.narrow(first_K4, 1, 2, 2))
                .add(area(Ops.narrow(second_K4, 1, 2, 2)))
                .sub(shared));
    return Elementwise.quotient(shared, union).sub(Elementwise.quotient(around.sub(union), around));
  }

  private static NDArray corner(NDArray boxes_K4, int side) {
    return Ops.narrow(boxes_K4, 1, 0, 2).add(Ops.times(Ops.narrow(boxes_K4, 1, 2, 2), side / 2.0));
  }

  private static NDArray area(NDArray sides_K2) {
    return Ops.mul(Ops.narrow(sides_K2, 1, 0, 1), Ops.narrow(sides_K2, 1, 1, 1));
  }

  private static NDArray atLeast(NDArray area) {
    return Elementwise.larger(area, Ops.constant(new float[] {LEAST_AREA}, 1));
  }

  /**
   * The generalised intersection over union of an object's box and another.
   *
   * @param boxes numbers of boxes, of which one begins at {@code at}
   */
  static double generalisedIou(TrueObject object, float[] boxes, int at) {
    double left = Math.max(low(object.centreX(), object.width()), low(boxes[at], boxes[at + 2]));
    double right = Math.min(high(object.centreX(), object.width()), high(boxes[at], boxes[at + 2]));
    double top =
        Math.max(low(object.centreY(), object.height()), low(boxes[at + 1], boxes[at + 3]));
    double bottom =
        Math.min(high(object.centreY(), object.height()), high(boxes[at + 1], boxes[at + 3]));
    double shared = Math.max(0, right - left) * Math.max(0, bottom - top);
    double around =
        (Math.max(high(object.centreX(), object.width()), high(boxes[at], boxes[at + 2]))
                - Math.min(low(object.centreX(), object.width()), low(boxes[at], boxes[at + 2])))
            * (Math.max(high(object.centreY(), object.height()), high(boxes[at + 1], boxes[at + 3]))
                - Math.min(
                    low(object.centreY(), object.height()), low(boxes[at + 1], boxes[at + 3])));
    double union =
        (double) object.width() * object.height() + (double) boxes[at + 2] * boxes[at + 3] - shared;
    return shared / Math.max(union, LEAST_AREA) - (around - union) / Math.max(around, LEAST_AREA);
  }

  private static double low(double centre, double size) {
    return centre - size / 2;
  }

  private static double high(double centre, double size) {
    return centre + size / 2;
  }
}
