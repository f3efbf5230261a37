package io.lockstep.model.generate;

/**
 * An answer without text: the model ended it at once, or said nothing but blanks.
 *
 * @param name how the conversation is called
 * @param promptTokens tokens of the prompt, picture tokens included
 * @param newTokens tokens before the end; mostly 0
 * @param firstToken the token that came first; the end token if there is no other
 * @param firstTokenText what it stands for
 * @param probability the model's probability for it, by its logits as they are
 */
public record EmptyGeneration(
    String name,
    int promptTokens,
    int newTokens,
    int firstToken,
    String firstTokenText,
    double probability)
    implements GenerationResult {

  /** All of it in one line. */
  public String message() {
    return "empty generation for %s: %d prompt tokens, %d new tokens%s, first token %s (%d) with probability %.4g"
        .formatted(
            name,
            promptTokens,
            newTokens,
            newTokens == 0 ? "" : " without any text",
            visible(firstTokenText),
            firstToken,
            probability);
  }

  private static String visible(String text) {
    return text.isBlank() ? "'" + text.replace("\n", "\\n").replace("\r", "\\r") + "'" : text;
  }
}
