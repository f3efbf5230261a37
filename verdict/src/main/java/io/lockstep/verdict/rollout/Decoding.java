package io.lockstep.verdict.rollout;

import io.lockstep.config.Key;

/**
 * How an answer is decoded.
 *
 * @param temperature 0 takes the most probable token each time
 * @param topP draws from the most probable tokens of this probability together
 * @param maxNewTokens most tokens of an answer
 * @param seed decides what is drawn
 * @param repetitionPenalty weakens tokens that have occurred; 1 changes nothing
 */
public record Decoding(
    @Key(value = "0 takes the most probable token each time.", otherwise = "0.0", min = 0, max = 10)
        double temperature,
    @Key(
            value = "Draws from the most probable tokens that have this probability together.",
            otherwise = "1.0",
            min = 0,
            aboveMin = true,
            max = 1)
        double topP,
    @Key(value = "Most tokens of an answer.", otherwise = "128", min = 1) int maxNewTokens,
    @Key(value = "Decides what is drawn; sample k of it takes seed + k.", otherwise = "0", min = 0)
        long seed,
    @Key(
            value = "Weakens tokens that have occurred; 1 changes nothing.",
            otherwise = "1.0",
            min = 0.1,
            max = 10)
        double repetitionPenalty) {

  /** The most probable token each time. */
  public static Decoding greedy(int maxNewTokens) {
    return new Decoding(0, 1, maxNewTokens, 0, 1);
  }

  /** The same with another seed. */
  public Decoding sample(int number) {
    return new Decoding(temperature, topP, maxNewTokens, seed + number, repetitionPenalty);
  }
}
