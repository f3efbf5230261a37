package io.lockstep.gateway.serving;

/**
 * What a model said to one conversation.
 *
 * @param text the generated text without special tokens
 * @param promptTokens length of the prompt in tokens, pictures included, padding excluded
 * @param newTokens number of generated tokens without the end token
 */
public record Answer(String text, int promptTokens, int newTokens) {

  /** True if there is nothing in it that a client could use. */
  public boolean isEmpty() {
    return newTokens == 0 || text.isBlank();
  }
}
