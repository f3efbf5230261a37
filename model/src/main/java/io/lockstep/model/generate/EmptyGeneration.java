package io.lockstep.model.generate;

/**
 * An answer without a single token: the model ended it at once.
 *
 * @param name how the conversation is called
 * @param promptTokens tokens of the prompt, picture tokens included
 * @param firstToken the end token that came first
 * @param firstTokenText what it stands for
 * @param probability the model's probability for it, by its logits as they are
 */
public record EmptyGeneration(
    String name, int promptTokens, int firstToken, String firstTokenText, double probability)
    implements GenerationResult {

  /** All of it in one line. */
  public String message() {
    return "empty generation for %s: %d prompt tokens, 0 new tokens, first token %s (%d) with probability %.4g"
        .formatted(name, promptTokens, firstTokenText, firstToken, probability);
  }
}
