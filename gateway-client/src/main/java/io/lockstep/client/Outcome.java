package io.lockstep.client;

import io.lockstep.data.answer.Finish;
import io.lockstep.data.stageb.Judgement;

/** What came of judging a group. */
public sealed interface Outcome {

  /**
   * A verdict and its reason.
   *
   * @param finish what ended the answer: a reason that was cut by the limit is not whole
   */
  record Judged(Judgement judgement, Finish finish) implements Outcome {}

  /**
   * An answer that is not a verdict.
   *
   * @param raw the answer, verbatim
   * @param problem what is wrong with it, in one line
   * @param finish what ended it
   */
  record Malformed(String raw, String problem, Finish finish) implements Outcome {}

  /**
   * No answer at all.
   *
   * @param problem the length of the prompt, the model's first token and its probability, in one
   *     line
   */
  record NoAnswer(String problem) implements Outcome {}
}
