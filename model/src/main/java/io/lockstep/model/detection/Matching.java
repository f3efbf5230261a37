package io.lockstep.model.detection;

import io.lockstep.model.batch.TrueObject;
import java.util.List;

/**
 * Says which query answers for which object of a picture: by the least sum of what the pairs cost
 * (Carion et al., "End-to-end object detection with transformers", 2020). A pair costs
 *
 * <p>{@code box |b - b'|_1 - giou GIoU(b, b') - objectness p - caption q}
 *
 * <p>where p is the probability that the query has found something, and q that of the object's
 * caption. The weights are those of the losses.
 *
 * @param method how the sum is made least
 * @param box weight of the distance of the boxes' numbers
 * @param giou weight of {@link Boxes the generalised intersection over union}
 * @param objectness weight of the probability of an object
 * @param caption weight of the probability of its caption
 */
public record Matching(
    MatchingMethod method, double box, double giou, double objectness, double caption) {

  /** Refuses weights that are no numbers. */
  public Matching {
    for (double weight : new double[] {box, giou, objectness, caption}) {
      if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "a weight of the matching is %s: it must be at least 0".formatted(weight));
      }
    }
  }

  /**
   * Assigns queries to the objects of one picture.
   *
   * @param predictions of all pictures, [B, queries, outputs] in row-major order
   * @param row the picture's
   * @return the query of each object, all different
   * @throws IllegalArgumentException if there are more objects than queries, or predictions are not
   *     finite
   */
  public int[] of(DetectionConfig config, List<TrueObject> objects, float[] predictions, int row) {
    int outputs = config.outputs();
    double[][] costs = new double[objects.size()][config.queries()];
    for (int query = 0; query < config.queries(); query++) {
      int at = (row * config.queries() + query) * outputs;
      double found = 1 / (1 + StrictMath.exp(-predictions[at + Boxes.NUMBERS]));
      double logSum = logSum(predictions, at + Boxes.NUMBERS + 1, config.captions().size());
      for (int object = 0; object < costs.length; object++) {
        TrueObject wanted = objects.get(object);
        double named =
            StrictMath.exp(predictions[at + Boxes.NUMBERS + 1 + wanted.caption()] - logSum);
        costs[object][query] =
            box * distance(wanted, predictions, at)
                - giou * Boxes.generalisedIou(wanted, predictions, at)
                - objectness * found
                - caption * named;
      }
    }
    return method.of(costs, config.queries());
  }

  private static double distance(TrueObject object, float[] boxes, int at) {
    return Math.abs((double) object.centreX() - boxes[at])
        + Math.abs((double) object.centreY() - boxes[at + 1])
        + Math.abs((double) object.width() - boxes[at + 2])
        + Math.abs((double) object.height() - boxes[at + 3]);
  }

  private static double logSum(float[] logits, int from, int count) {
    double most = Double.NEGATIVE_INFINITY;
    for (int i = from; i < from + count; i++) {
      most = Math.max(most, logits[i]);
    }
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += StrictMath.exp(logits[i] - most);
    }
    return most + StrictMath.log(sum);
  }
}
