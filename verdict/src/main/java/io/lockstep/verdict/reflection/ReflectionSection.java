package io.lockstep.verdict.reflection;

import io.lockstep.config.Key;
import io.lockstep.verdict.rollout.Decoding;

/**
 * How a model is asked what to change.
 *
 * @param batchTickets most tickets of a question
 * @param maxOperations most operations that are taken from an answer
 * @param retryBudgetPerGroupPerEpoch how often a ticket that no proposal cites is asked about again
 * @param maxCallsPerEpoch most questions of an epoch, both passes together
 * @param hypothesisSupport tickets that must speak for a hypothesis before it is tried as an item
 * @param decoding how answers are decoded
 */
public record ReflectionSection(
    @Key(value = "Most tickets of a question.", otherwise = "8", min = 1, max = 64)
        int batchTickets,
    @Key(value = "Most operations that are taken from an answer.", otherwise = "6", min = 1)
        int maxOperations,
    @Key(
            value = "How often a ticket that no proposal cites is asked about again, in an epoch.",
            otherwise = "2",
            min = 0)
        int retryBudgetPerGroupPerEpoch,
    @Key(value = "Most questions of an epoch, both passes together.", otherwise = "64", min = 0)
        int maxCallsPerEpoch,
    @Key(
            value =
                "Tickets that must speak for a hypothesis before it is tried as an item of its own.",
            otherwise = "3",
            min = 1)
        int hypothesisSupport,
    @Key("How answers are decoded.") Answers decoding) {

  /**
   * How answers are decoded: greedily.
   *
   * @param maxNewTokens most tokens of an answer
   */
  public record Answers(
      @Key(value = "Most tokens of an answer.", otherwise = "1024", min = 1) int maxNewTokens) {

    Decoding greedy() {
      return Decoding.greedy(maxNewTokens);
    }
  }
}
