package io.lockstep.verdict.reflection;

/** An answer that is not the JSON that was asked for; the message says what is wrong. */
final class MalformedAnswerException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedAnswerException(String problem) {
    super(problem);
  }
}
