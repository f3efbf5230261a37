package io.lockstep.model.generate;

import java.util.ArrayList;
import java.util.List;

/**
 * How the tokens of one answer are chosen.
 *
 * <p>The repetition penalty changes the logits first, then the end tokens are shut out until the
 * answer has its least length. Of what is left either the most probable token is taken, or one is
 * drawn: the temperature divides the logits, {@code topK} keeps the most probable tokens and {@code
 * topP} the most probable of those, in this order.
 *
 * @param temperature 0 takes the most probable token; above 0 tokens are drawn, the more evenly the
 *     higher it is
 * @param topP draws from the smallest set of most probable tokens whose probability is at least
 *     this; 1 keeps all
 * @param topK draws from this many most probable tokens; 0 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens that stand in
 *     the prompt or the answer, placeholders of pictures included; 1 changes nothing
 * @param minNewTokens tokens before an end token may come
 * @param maxNewTokens most tokens of the answer, the end token included
 * @param seed decides what is drawn
 */
public record DecodingOptions(
    double temperature,
    double topP,
    int topK,
    double repetitionPenalty,
    int minNewTokens,
    int maxNewTokens,
    long seed) {

  /** Highest temperature. */
  public static final double MAX_TEMPERATURE = 10;

  /** Highest repetition penalty. */
  public static final double MAX_REPETITION_PENALTY = 10;

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming every value that is outside of its range
   */
  public DecodingOptions {
    List<String> problems = new ArrayList<>();
    if (!(temperature >= 0 && temperature <= MAX_TEMPERATURE)) {
      problems.add(
          "temperature is %s; it must be 0 (greedy) to %s".formatted(temperature, MAX_TEMPERATURE));
    }
    if (!(topP > 0 && topP <= 1)) {
      problems.add("top_p is %s; it must be above 0 and at most 1 (off)".formatted(topP));
    }
    if (topK < 0) {
      problems.add("top_k is %d; it must be 0 (off) or more".formatted(topK));
    }
    if (!(repetitionPenalty > 0 && repetitionPenalty <= MAX_REPETITION_PENALTY)) {
      problems.add(
          "repetition_penalty is %s; it must be above 0 and at most %s, 1 is off"
              .formatted(repetitionPenalty, MAX_REPETITION_PENALTY));
    }
    if (maxNewTokens < 1) {
      problems.add("max_new_tokens is %d; it must be at least 1".formatted(maxNewTokens));
    }
    if (minNewTokens < 0 || minNewTokens > Math.max(maxNewTokens, 1)) {
      problems.add(
          "min_new_tokens is %d; it must be 0 to max_new_tokens, %d"
              .formatted(minNewTokens, maxNewTokens));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  /** The most probable token each time, at most that many. */
  public static DecodingOptions greedy(int maxNewTokens) {
    return new DecodingOptions(0, 1, 0, 1, 0, maxNewTokens, 0);
  }

  /** The same with another limit. */
  public DecodingOptions withMaxNewTokens(int most) {
    return new DecodingOptions(
        temperature, topP, topK, repetitionPenalty, minNewTokens, most, seed);
  }

  /** Whether the most probable token is taken and nothing is drawn. */
  public boolean isGreedy() {
    return temperature == 0;
  }
}
