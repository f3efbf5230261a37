package io.lockstep.cli.eval;

import java.io.IOException;

/** Hears of every answer of an evaluation, in the order of the questions. */
@FunctionalInterface
public interface AnswerListener {

  /** Hears nothing. */
  AnswerListener NONE = answer -> {};

  /** An answer was judged. */
  void heard(Judged answer) throws IOException;
}
