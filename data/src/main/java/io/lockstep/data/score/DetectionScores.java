package io.lockstep.data.score;

import io.lockstep.data.geometry.Geometry.Box;
import java.util.List;

/**
 * How well boxes with scores find the true ones, by the rules of COCO's detection challenge.
 *
 * <p>The average precisions are those of {@code pycocotools.cocoeval} with its defaults (all areas,
 * 100 detections of an image and class, no crowds): {@code stats[1]} and {@code stats[0]}. Classes
 * without a true box don't take part, whatever was detected of them.
 *
 * @param ap50 average precision at an IoU of 0.5, mean over classes; not a number without truths
 * @param ap5095 the mean over IoUs of 0.50, 0.55, ... 0.95; not a number without truths
 * @param meanIou mean over the true boxes of the IoU with the detection that each has in the
 *     one-to-one matching of greatest sum of IoUs between the boxes of an image and class, whatever
 *     their scores; a true box without a detection counts 0; not a number without truths
 * @param truths true boxes
 * @param detections detected boxes, all that were given
 */
public record DetectionScores(
    double ap50, double ap5095, double meanIou, long truths, long detections) {

  /** Detections of an image and class that take part, those with the highest scores. */
  public static final int MAX_DETECTIONS = 100;

  /**
   * A box that a detector found.
   *
   * @param box in any unit that the truths share
   * @param score how sure it is; only the order of scores counts
   * @param classId its class
   */
  public record Detection(Box box, double score, int classId) {

    /** Refuses boxes and scores that are not numbers, and inverted boxes. */
    public Detection {
      requireBox(box);
      if (Double.isNaN(score)) {
        throw new IllegalArgumentException("the score of a detection is not a number: " + box);
      }
    }
  }

  /**
   * A box that is there.
   *
   * @param box in the unit of the detections
   * @param classId its class
   */
  public record Truth(Box box, int classId) {

    /** Refuses boxes that are not numbers, and inverted ones. */
    public Truth {
      requireBox(box);
    }
  }

  /**
   * An image. Detections with equal scores rank by the order of images and, within one, of this
   * list.
   *
   * @param detections what was found, in any order
   * @param truths what is there
   */
  public record Image(List<Detection> detections, List<Truth> truths) {

    public Image {
      detections = List.copyOf(detections);
      truths = List.copyOf(truths);
    }
  }

  /** The scores of some images taken together. */
  public static DetectionScores of(List<Image> images) {
    List<Integer> classes =
        images.stream()
            .flatMap(image -> image.truths().stream())
            .map(Truth::classId)
            .distinct()
            .sorted()
            .toList();
    double ap50 = 0;
    double ap5095 = 0;
    double iou = 0;
    for (int classId : classes) {
      List<ClassImage> parts = images.stream().map(image -> ClassImage.of(image, classId)).toList();
      double[] precisions = AveragePrecision.atThresholds(parts);
      ap50 += precisions[0];
      for (double precision : precisions) {
        ap5095 += precision / precisions.length;
      }
      iou += parts.stream().mapToDouble(ClassImage::matchedIou).sum();
    }
    long truths = images.stream().mapToLong(image -> image.truths().size()).sum();
    long detections = images.stream().mapToLong(image -> image.detections().size()).sum();
    return new DetectionScores(
        ap50 / classes.size(), ap5095 / classes.size(), iou / truths, truths, detections);
  }

  private static void requireBox(Box box) {
    if (!(box.x1() <= box.x2() && box.y1() <= box.y2())
        || box.points().stream()
            .anyMatch(point -> !Double.isFinite(point.x()) || !Double.isFinite(point.y()))) {
      throw new IllegalArgumentException(
          box + " is inverted or not finite: give the top-left corner, then the bottom-right one");
    }
  }
}
