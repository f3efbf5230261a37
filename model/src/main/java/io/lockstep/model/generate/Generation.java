package io.lockstep.model.generate;

import java.util.List;

/**
 * One answer.
 *
 * @param text the answer without its end token; never blank
 * @param tokens its tokens without the end token; at least one
 * @param promptTokens tokens of the prompt, picture tokens included
 * @param endedByEos whether the model ended it; otherwise the limit did
 */
public record Generation(String text, List<Integer> tokens, int promptTokens, boolean endedByEos)
    implements GenerationResult {

  public Generation {
    tokens = List.copyOf(tokens);
    if (tokens.isEmpty() || text.isBlank()) {
      throw new IllegalArgumentException("an answer without text is an EmptyGeneration");
    }
  }

  @Override
  public int newTokens() {
    return tokens.size();
  }
}
