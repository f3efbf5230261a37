package io.lockstep.verdict.rollout;

import java.util.OptionalDouble;

/**
 * What came of a question.
 *
 * @param text the answer; empty if none came
 * @param problem why none came; empty if one did
 * @param meanLogProbability of the answer's tokens, at most 0, if the generator tells it
 */
public record Reply(String text, String problem, OptionalDouble meanLogProbability) {

  /** An answer whose probability isn't known. */
  public static Reply of(String text) {
    return new Reply(text, "", OptionalDouble.empty());
  }

  /** No answer. */
  public static Reply none(String problem) {
    return new Reply("", problem, OptionalDouble.empty());
  }
}
