package io.lockstep.client;

/**
 * How answers are generated. Ranges are checked by the gateway, which names every value outside of
 * its own.
 *
 * @param maxNewTokens most tokens, the end token included; 0 for the gateway's default
 * @param minNewTokens least tokens before an answer may end
 * @param sampling how tokens are drawn
 * @param strict compute without a key-value cache, as in training: the same tokens, much slower
 * @param allowUntrained ask about pictures also for what the checkpoint was never trained to
 *     answer, which the gateway refuses otherwise
 */
public record AnswerSettings(
    int maxNewTokens, int minNewTokens, Sampling sampling, boolean strict, boolean allowUntrained) {

  /** Settings that ask for nothing that was never trained. */
  public AnswerSettings(int maxNewTokens, int minNewTokens, Sampling sampling, boolean strict) {
    this(maxNewTokens, minNewTokens, sampling, strict, false);
  }

  /**
   * How tokens are drawn.
   *
   * @param temperature 0 takes the most probable token each time; up to 10 draws one
   * @param topP draws from the most probable tokens of at least this probability together; 1 for
   *     all
   * @param topK draws from so many most probable tokens; 0 for all
   * @param repetitionPenalty weakens tokens that have occurred; 1 changes nothing
   * @param seed decides what is drawn
   */
  public record Sampling(
      double temperature, double topP, int topK, double repetitionPenalty, long seed) {

    /** The most probable token each time. */
    public static final Sampling GREEDY = new Sampling(0, 1, 0, 1, 0);
  }

  /** The gateway's: greedy, at most as many tokens as it is set to. */
  public static final AnswerSettings DEFAULT = new AnswerSettings(0, 0, Sampling.GREEDY, false);

  /** The most probable token each time, at most so many. */
  public static AnswerSettings greedy(int maxNewTokens) {
    return new AnswerSettings(maxNewTokens, 0, Sampling.GREEDY, false);
  }

  /** The same, drawn otherwise. */
  public AnswerSettings with(Sampling other) {
    return new AnswerSettings(maxNewTokens, minNewTokens, other, strict, allowUntrained);
  }

  /** The same, also for what the checkpoint was never trained to answer, or not. */
  public AnswerSettings allowingUntrained(boolean allowed) {
    return new AnswerSettings(maxNewTokens, minNewTokens, sampling, strict, allowed);
  }
}
