package io.lockstep.data.prompt;

import io.lockstep.config.Key;
import java.util.Optional;

/**
 * Texts that replace composed prompts.
 *
 * @param system the system prompt; an empty string means no system message
 * @param user the user prompt, never blank
 */
public record PromptTexts(
    @Key("Replaces the composed system text; an empty text means no system message.")
        Optional<String> system,
    @Key(
            value = "Replaces the composed user text.",
            pattern = "(?s).*\\S.*",
            patternInWords = "a text that is not blank",
            remedy = "leave it out for the default")
        Optional<String> user) {

  /** Replaces nothing. */
  public static final PromptTexts NONE = new PromptTexts(Optional.empty(), Optional.empty());

  /**
   * What asks for the objects of pictures from elsewhere, apart from the words of a run's targets.
   */
  public static PromptTexts sourceDense() {
    return new PromptTexts(
        Optional.of(PromptResources.read("source_dense.system")),
        Optional.of(PromptResources.read("source_dense.user")));
  }

  /** Refuses blank user prompts. */
  public PromptTexts {
    if (user.isPresent() && user.get().isBlank()) {
      throw new IllegalArgumentException(
          "prompts.user is blank; give a text or leave it out for the default");
    }
  }

  /** These texts, and where one is absent that of the other. */
  public PromptTexts or(PromptTexts other) {
    return new PromptTexts(system.or(other::system), user.or(other::user));
  }
}
