package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.dataset.EmitNorm;
import java.util.Optional;

/**
 * What a run has beyond the options of fine-tuning programs.
 *
 * @param augmentation how pictures are changed before the model sees them
 * @param emitNorm the unit of coordinates in dense answers
 * @param sampleLimit most records that are read of a file
 * @param saveDelaySteps steps before which there is no checkpoint, except the one at the end
 * @param saveDelayEpochs the same in passes over the data
 * @param trainerVariant accepted with a teacher, whose terms are always logged apart
 * @param tokenTypeMetrics whose dense answers get accuracies by kind of token
 * @param detectionEnabled whether the model has a head that learns to find objects
 * @param detection what that head is made of; its defaults if it is absent and there is one
 * @param teacherStudent demonstrations before samples, if there are some
 * @param visualKd what is learned of a teacher's view of pictures, if anything
 */
public record CustomConfig(
    @Key(
            value = "How pictures are changed before the model sees them.",
            also = "augmentation",
            file = true)
        Optional<AugmentationConfig> augmentation,
    @Key(
            value =
                "Unit of coordinates in dense answers: pixels, hundredths or thousandths of the picture's side.",
            otherwise = "norm1000")
        EmitNorm emitNorm,
    @Key(value = "Most records that are read of each file, from its beginning.", min = 1)
        Optional<Integer> sampleLimit,
    @Key(
            value = "Steps before which there is no checkpoint, except the one at the end.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        long saveDelaySteps,
    @Key(
            value = "The same in passes over the data.",
            otherwise = "0",
            min = 0,
            max = 1_000_000,
            changesWeights = false)
        long saveDelayEpochs,
    @Key(
            value =
                "Accepted with `rlhf`: the divergence and the cross entropy are always logged apart.",
            changesWeights = false)
        Optional<TrainerVariant> trainerVariant,
    @Key(
            value =
                "Whose dense answers get accuracies of their own for descriptions, coordinates and format.",
            changesWeights = false)
        TokenTypeMetrics tokenTypeMetrics,
    @Key(
            value =
                "Whether the model has a head that learns to find the records' objects; must agree with the data and the model in both directions.",
            otherwise = "false")
        boolean detectionEnabled,
    @Key("What the detection head is made of, and how much each of its losses counts.")
        Optional<DetectionSection> detection,
    @Key("Demonstrations before the samples' own turns, and how much both count.")
        Optional<TeacherStudentConfig> teacherStudent,
    @Key(
            "What is learned of how the teacher of section rlhf sees pictures, besides its distributions.")
        Optional<VisualKdConfig> visualKd)
    implements Checked {

  /** Fills in the head's defaults. */
  public CustomConfig {
    detection =
        detectionEnabled ? detection.or(() -> Optional.of(DetectionSection.DEFAULT)) : detection;
  }

  /** Trainers that recipes of other programs name. */
  public enum TrainerVariant {
    /** Logs the terms of distillation apart. */
    GKD_MONITOR
  }

  @Override
  public void check(Place section) {
    if (saveDelaySteps > 0 && saveDelayEpochs > 0) {
      section.at("save_delay_steps").problem("and custom.save_delay_epochs exclude each other");
    }
    if (!detectionEnabled && detection.isPresent()) {
      section
          .at("detection")
          .problem(
              "describes a detection head, but custom.detection_enabled is false: set it to true, or remove the section");
    }
  }

  /** The head that is learned, if there is one. */
  public Optional<DetectionSection> activeDetection() {
    return detectionEnabled ? detection : Optional.empty();
  }

  /** What is learned of a teacher's view of pictures, if that is on. */
  public Optional<VisualKdConfig> activeVisualKd() {
    return visualKd.filter(VisualKdConfig::enabled);
  }

  /** The augmentation that is carried out. */
  public Optional<AugmentationConfig> activeAugmentation() {
    return augmentation.filter(AugmentationConfig::enabled);
  }

  /** Records that are read of a file that has so many. */
  public long records(long size) {
    return sampleLimit.map(limit -> Math.min(limit, size)).orElse(size);
  }
}
