package io.lockstep.data.prompt;

import java.util.Arrays;

/** How much a summary prompt tells. */
public enum Profile {
  /** Format and task only. */
  SUMMARY_TRAIN_MIN("summary_train_min"),
  /** Adds the domain block and the mission's rules. */
  SUMMARY_RUNTIME("summary_runtime");

  private final String label;

  Profile(String label) {
    this.label = label;
  }

  /** The name in configurations. */
  public String label() {
    return label;
  }

  /**
   * The profile of a name in a configuration.
   *
   * @throws IllegalArgumentException for an unknown name, listing the known ones
   */
  public static Profile of(String label) {
    return Arrays.stream(values())
        .filter(profile -> profile.label.equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "prompts.profile: unknown '"
                    + label
                    + "'; known are "
                    + Arrays.stream(values()).map(Profile::label).toList()));
  }
}
