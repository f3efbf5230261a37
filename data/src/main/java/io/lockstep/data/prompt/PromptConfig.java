package io.lockstep.data.prompt;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.util.Optional;

/**
 * What a recipe says of prompts.
 *
 * @param profile how much a summary prompt tells
 * @param domain {@code bbu} or {@code rru}, needed by {@code summary_runtime}
 * @param domainText replaces the text of the domain
 * @param texts replace the composed ones
 */
public record PromptConfig(
    @Key(
            value = "How much a summary prompt tells; `summary_runtime` needs a domain.",
            otherwise = "summary_train_min")
        Profile profile,
    @Key("`bbu` or `rru`.") Optional<String> domain,
    @Key("Replaces the text of the domain.") Optional<String> domainText,
    @Key(inline = true) PromptTexts texts)
    implements Checked {

  @Override
  public void check(Place section) {
    try {
      var _ = prompts();
    } catch (IllegalArgumentException e) {
      section.report(String.valueOf(e.getMessage()));
    }
  }

  /**
   * The prompts it describes.
   *
   * @throws IllegalArgumentException if they can't be; the message begins with the key
   */
  public Prompts prompts() {
    if (domainText.isPresent() && domain.isEmpty()) {
      throw new IllegalArgumentException(
          "prompts.domain_text needs prompts.domain, whose text it replaces: set it to bbu or rru");
    }
    return new Prompts(
        profile,
        domain.map(Domain::of).map(known -> domainText.map(known::told).orElse(known)),
        PromptTexts.NONE,
        texts);
  }
}
