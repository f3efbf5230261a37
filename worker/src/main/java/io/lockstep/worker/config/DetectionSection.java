package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.detection.Focal;
import io.lockstep.model.detection.Matching;
import io.lockstep.model.detection.MatchingMethod;
import java.util.List;

/**
 * A detection head and its losses; see {@link io.lockstep.model.detection.DetectionHead} and {@link
 * io.lockstep.model.objective.DetectionLosses}.
 *
 * @param numQueries most objects that it finds in a picture
 * @param layers of its decoder
 * @param heads of its attention
 * @param width of its hidden states
 * @param captions what of a description is an object's caption
 * @param matching which query learns which object
 * @param boxLossWeight weight of the L1 distance of boxes
 * @param giouLossWeight weight of the generalised intersection over union
 * @param objectnessLossWeight weight of the focal loss
 * @param captionLossWeight weight of the captions' cross entropy
 * @param focalAlpha weight of what is there in the focal loss
 * @param focalGamma how little easy answers count in it
 */
public record DetectionSection(
    @Key(
            value = "Most objects that the head finds in a picture.",
            otherwise = "20",
            min = 1,
            max = DetectionConfig.MOST_QUERIES)
        int numQueries,
    @Key(value = "Layers of its decoder.", otherwise = "2", min = 1, max = 64) int layers,
    @Key(value = "Heads of its attention; they divide the width.", otherwise = "4", min = 1)
        int heads,
    @Key(
            value = "Width of its hidden states, a multiple of 4.",
            otherwise = "128",
            min = 4,
            max = 16_384)
        int width,
    @Key(
            value =
                "What of an object's description is its caption: the class before the first `/`, or all of it. The captions of the training data are the closed list that the head chooses from.",
            otherwise = "class")
        Captions captions,
    @Key(
            value =
                "Which query learns which object: `hungarian` those that cost the least together, `in_order` the first the first, for comparison.",
            otherwise = "hungarian")
        MatchingMethod matching,
    @Key(
            value =
                "Weight of the L1 distance of boxes in the loss, and in what a match costs, as for the following.",
            otherwise = "5.0",
            min = 0,
            max = 1_000)
        double boxLossWeight,
    @Key(
            value = "Weight of the boxes' generalised intersection over union.",
            otherwise = "2.0",
            min = 0,
            max = 1_000)
        double giouLossWeight,
    @Key(
            value = "Weight of the focal loss of whether a query has found an object.",
            otherwise = "1.0",
            min = 0,
            max = 1_000)
        double objectnessLossWeight,
    @Key(
            value = "Weight of the cross entropy of captions.",
            otherwise = "1.0",
            min = 0,
            max = 1_000)
        double captionLossWeight,
    @Key(
            value = "Weight of what is there in the focal loss; what is not has 1 minus it.",
            otherwise = "0.25",
            min = 0,
            max = 1)
        double focalAlpha,
    @Key(
            value = "How little easy answers count in the focal loss; 0 for the cross entropy.",
            otherwise = "2.0",
            min = 0,
            max = 100)
        double focalGamma)
    implements Checked {

  /** The values of a recipe that says nothing. */
  static final DetectionSection DEFAULT =
      new DetectionSection(
          20, 2, 4, 128, Captions.CLASS, MatchingMethod.HUNGARIAN, 5, 2, 1, 1, 0.25, 2);

  private static final int WIDTH_STEP = 4;

  /** What of a description is an object's caption. */
  public enum Captions {
    /** What stands before the first {@code /}. */
    CLASS,
    /** All of it. */
    DESCRIPTION;

    /** The caption of an object that is described so. */
    public String of(String description) {
      int below = description.indexOf('/');
      return this == DESCRIPTION || below < 0 ? description : description.substring(0, below);
    }
  }

  @Override
  public void check(Place section) {
    if (width % WIDTH_STEP != 0) {
      section.at("width").problem("(%d) must be a multiple of %d".formatted(width, WIDTH_STEP));
    }
    if (width % heads != 0) {
      section
          .at("heads")
          .problem("(%d) must divide custom.detection.width (%d)".formatted(heads, width));
    }
    if (objectnessLossWeight == 0) {
      section
          .at("objectness_loss_weight")
          .problem("must be more than 0: without it no query learns that it has found nothing");
    }
    if (boxLossWeight == 0 && giouLossWeight == 0) {
      section
          .at("box_loss_weight")
          .problem("and custom.detection.giou_loss_weight are both 0: no box would be learned");
    }
  }

  /**
   * The head's sizes with a list of captions.
   *
   * @param system the system message before the pictures
   */
  public DetectionConfig head(List<String> list, String system) {
    return new DetectionConfig(numQueries, layers, heads, width, list, system);
  }

  /** How queries are matched with objects; its weights are those of the losses. */
  public Matching matched() {
    return new Matching(
        matching, boxLossWeight, giouLossWeight, objectnessLossWeight, captionLossWeight);
  }

  /** The loss of objectness. */
  public Focal focal() {
    return new Focal(focalAlpha, focalGamma);
  }
}
