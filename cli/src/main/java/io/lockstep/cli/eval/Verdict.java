package io.lockstep.cli.eval;

import java.util.Locale;

/** What an answer counts as: the first of these that holds, in this order. */
public enum Verdict {
  /** There is no text in it. */
  EMPTY,
  /**
   * The model ended it, and it is the wanted text to the character; a dense one finds every object
   * with its description and no other.
   */
  RIGHT,
  /** It ends in one piece over and over ({@link io.lockstep.data.answer.Repetition}). */
  LOOP,
  /** The limit of new tokens ended it, not the model. */
  CUT,
  /** It was to be a dense answer and can't be read as one. */
  UNPARSEABLE,
  /** Anything else. */
  WRONG;

  /** Its name in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
