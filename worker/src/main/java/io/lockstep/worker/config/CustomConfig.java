package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.util.Optional;

/**
 * What a run has beyond the options of fine-tuning programs.
 *
 * @param detectionEnabled whether the model has a head that learns to find objects
 * @param detection what that head is made of; its defaults if it is absent and there is one
 * @param tokenTypeMetrics whose dense answers get accuracies by kind of token
 * @param teacherStudent demonstrations before samples, if there are some
 */
public record CustomConfig(
    @Key(
            value =
                "Whether the model has a head that learns to find the records' objects; must agree with the data and the model in both directions.",
            otherwise = "false")
        boolean detectionEnabled,
    @Key("What the detection head is made of, and how much each of its losses counts.")
        Optional<DetectionSection> detection,
    @Key(
            value =
                "Whose dense answers get accuracies of their own for descriptions, coordinates and format.",
            changesWeights = false)
        TokenTypeMetrics tokenTypeMetrics,
    @Key("Demonstrations before the samples' own turns, and how much both count.")
        Optional<TeacherStudentConfig> teacherStudent)
    implements Checked {

  /** Fills in the head's defaults. */
  public CustomConfig {
    detection =
        detectionEnabled ? detection.or(() -> Optional.of(DetectionSection.DEFAULT)) : detection;
  }

  @Override
  public void check(Place section) {
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
}
