package io.lockstep.model.generate;

import java.util.List;

/**
 * The tokens that a model has continued a prompt by.
 *
 * @param tokens at least one; the end token is among them if the model ended
 * @param endedByEos whether the model ended; otherwise the limit did
 */
public record Completion(List<Integer> tokens, boolean endedByEos) {

  /** Checks that there are some. */
  public Completion {
    tokens = List.copyOf(tokens);
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("a completion has at least one token");
    }
  }
}
