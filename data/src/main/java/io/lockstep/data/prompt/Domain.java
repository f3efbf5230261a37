package io.lockstep.data.prompt;

import java.util.Arrays;

/** The kind of site that pictures show, with what a model must know of it. */
public enum Domain {
  /** Baseband units in cabinets. */
  BBU("bbu"),
  /** Remote radio units on poles and towers. */
  RRU("rru");

  private final String label;
  private final String block;

  Domain(String label) {
    this.label = label;
    this.block = PromptResources.read("domain/" + label);
  }

  /** The name in configurations. */
  public String label() {
    return label;
  }

  /** The block of text that the {@code summary_runtime} profile adds to the system prompt. */
  public String block() {
    return block;
  }

  /**
   * The domain of a name in a configuration.
   *
   * @throws IllegalArgumentException for an unknown name, listing the known ones
   */
  public static Domain of(String label) {
    return Arrays.stream(values())
        .filter(domain -> domain.label.equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "prompts.domain: unknown '"
                    + label
                    + "'; known are "
                    + Arrays.stream(values()).map(Domain::label).toList()));
  }
}
