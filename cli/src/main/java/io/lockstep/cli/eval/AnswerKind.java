package io.lockstep.cli.eval;

import java.util.Locale;

/** What a question asks for. */
public enum AnswerKind {
  /** The line about a whole picture. */
  SUMMARY,
  /** Every object of a picture with its place. */
  DENSE,
  /** The last answer of a conversation. */
  CHAT;

  /** Its name in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
