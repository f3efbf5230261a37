package io.lockstep.model.generate;

import java.util.List;

/**
 * One answer.
 *
 * @param text the answer without its end token
 * @param tokens its tokens without the end token
 * @param promptTokens tokens of the prompt, picture tokens included
 * @param endedByEos whether the model ended it; otherwise the limit did
 */
public record Generation(String text, List<Integer> tokens, int promptTokens, boolean endedByEos) {

  public Generation {
    tokens = List.copyOf(tokens);
  }

  /** Number of tokens of the answer. */
  public int newTokens() {
    return tokens.size();
  }
}
