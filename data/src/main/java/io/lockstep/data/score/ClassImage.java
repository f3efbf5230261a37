package io.lockstep.data.score;

import io.lockstep.data.score.DetectionScores.Detection;
import io.lockstep.data.score.DetectionScores.Truth;
import java.util.Comparator;
import java.util.List;

/**
 * The boxes of one class in one image.
 *
 * @param scores of the detections, the highest first
 * @param ious [detections, truths]
 * @param truths how many there are
 */
@SuppressWarnings("ArrayRecordComponent")
record ClassImage(double[] scores, double[][] ious, int truths) {

  static ClassImage of(DetectionScores.Image image, int classId) {
    List<Truth> truths =
        image.truths().stream().filter(truth -> truth.classId() == classId).toList();
    List<Detection> detections =
        image.detections().stream()
            .filter(detection -> detection.classId() == classId)
            .sorted(Comparator.comparingDouble(Detection::score).reversed())
            .limit(DetectionScores.MAX_DETECTIONS)
            .toList();
    double[][] ious = new double[detections.size()][truths.size()];
    for (int d = 0; d < ious.length; d++) {
      for (int t = 0; t < truths.size(); t++) {
        ious[d][t] = BoxIou.of(detections.get(d).box(), truths.get(t).box());
      }
    }
    return new ClassImage(
        detections.stream().mapToDouble(Detection::score).toArray(), ious, truths.size());
  }

  /** The sum of IoUs of the best one-to-one matching. */
  double matchedIou() {
    int[] truthOf = Assignment.best(ious);
    double sum = 0;
    for (int d = 0; d < truthOf.length; d++) {
      sum += truthOf[d] == Assignment.NONE ? 0 : ious[d][truthOf[d]];
    }
    return sum;
  }

  /**
   * Which detections are right at a threshold: from the highest score down, each takes the free
   * truth of greatest IoU (of equal ones the last), if that reaches the threshold.
   */
  boolean[] right(double threshold) {
    boolean[] taken = new boolean[truths];
    boolean[] right = new boolean[ious.length];
    for (int d = 0; d < ious.length; d++) {
      int best = -1;
      double least = threshold;
      for (int t = 0; t < truths; t++) {
        if (!taken[t] && ious[d][t] >= least) {
          least = ious[d][t];
          best = t;
        }
      }
      if (best >= 0) {
        taken[best] = true;
        right[d] = true;
      }
    }
    return right;
  }
}
