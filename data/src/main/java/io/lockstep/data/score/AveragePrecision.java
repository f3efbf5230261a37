package io.lockstep.data.score;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Average precision of one class over images, as {@code pycocotools.cocoeval} computes it. */
final class AveragePrecision {

  private static final double FIRST = 0.5;
  private static final double LAST = 0.95;
  private static final int THRESHOLDS = 10;

  /** Recalls 0.00, 0.01, ... 1.00 at which precision is read. */
  private static final int RECALLS = 101;

  private static final double RECALL_STEP = 0.01;

  private AveragePrecision() {}

  private record Ranked(double score, boolean right) {}

  /** One average precision for each IoU from 0.50 to 0.95, in steps of 0.05. */
  static double[] atThresholds(List<ClassImage> images) {
    double[] precisions = new double[THRESHOLDS];
    double step = (LAST - FIRST) / (THRESHOLDS - 1);
    for (int i = 0; i < THRESHOLDS; i++) {
      precisions[i] = at(i == THRESHOLDS - 1 ? LAST : i * step + FIRST, images);
    }
    return precisions;
  }

  private static double at(double threshold, List<ClassImage> images) {
    List<Ranked> ranked = new ArrayList<>();
    int truths = 0;
    for (ClassImage image : images) {
      truths += image.truths();
      boolean[] right = image.right(threshold);
      for (int d = 0; d < right.length; d++) {
        ranked.add(new Ranked(image.scores()[d], right[d]));
      }
    }
    ranked.sort(Comparator.comparingDouble(Ranked::score).reversed());
    double[] recall = new double[ranked.size()];
    double[] precision = new double[ranked.size()];
    int right = 0;
    for (int i = 0; i < recall.length; i++) {
      right += ranked.get(i).right() ? 1 : 0;
      recall[i] = (double) right / truths;
      precision[i] = (double) right / (i + 1);
    }
    // The precision at a recall is the highest at that recall or a higher one.
    for (int i = recall.length - 1; i > 0; i--) {
      precision[i - 1] = Math.max(precision[i - 1], precision[i]);
    }
    double sum = 0;
    int at = 0;
    for (int r = 0; r < RECALLS; r++) {
      while (at < recall.length && recall[at] < r * RECALL_STEP) {
        at++;
      }
      sum += at < recall.length ? precision[at] : 0;
    }
    return sum / RECALLS;
  }
}
