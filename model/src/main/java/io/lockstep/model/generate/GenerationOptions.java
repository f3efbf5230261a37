package io.lockstep.model.generate;

/**
 * How to generate; decoding is greedy.
 *
 * @param maxNewTokens most tokens of an answer, the end token included
 * @param profile how tokens are computed
 */
public record GenerationOptions(int maxNewTokens, Profile profile) {

  public GenerationOptions {
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException("max new tokens must be at least 1, not " + maxNewTokens);
    }
  }

  /** Cached generation of at most that many tokens. */
  public static GenerationOptions cached(int maxNewTokens) {
    return new GenerationOptions(maxNewTokens, Profile.CACHED);
  }
}
