package io.lockstep.data.prompt;

import java.util.List;

/**
 * The kind of site that pictures show, with what a model must know of it.
 *
 * @param label its name in configurations
 * @param block the text that the {@code summary_runtime} profile adds to the system prompt
 */
public record Domain(String label, String block) {

  /** Baseband units in cabinets. */
  public static final Domain BBU = shipped("bbu");

  /** Remote radio units on poles and towers. */
  public static final Domain RRU = shipped("rru");

  private static final List<Domain> SHIPPED = List.of(BBU, RRU);

  /** Refuses a blank text. */
  public Domain {
    if (block.isBlank()) {
      throw new IllegalArgumentException(
          "prompts.domain_text is blank; give a text or leave it out for that of the domain");
    }
  }

  private static Domain shipped(String label) {
    return new Domain(label, PromptResources.read("domain/" + label));
  }

  /** The domains that come with the program. */
  public static List<Domain> values() {
    return SHIPPED;
  }

  /**
   * The domain of a name in a configuration.
   *
   * @throws IllegalArgumentException for an unknown name, listing the known ones
   */
  public static Domain of(String label) {
    return SHIPPED.stream()
        .filter(domain -> domain.label.equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "prompts.domain: unknown '"
                    + label
                    + "'; known are "
                    + SHIPPED.stream().map(Domain::label).toList()));
  }

  /** The same domain told in other words. */
  public Domain told(String text) {
    return new Domain(label, text);
  }
}
