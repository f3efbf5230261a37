package io.lockstep.coordinator;

/**
 * A run can't start or go on until its user changes something; the message, one line, says what.
 */
public class RunRefusedException extends RuntimeException {
  private final String reason;

  /** A refusal that says what is wrong, where, and how to mend it. */
  public RunRefusedException(String message) {
    super(message);
    this.reason = message;
  }

  /** A refusal with the error that led to it. */
  public RunRefusedException(String message, Throwable cause) {
    super(message, cause);
    this.reason = message;
  }

  /** The message; never null. */
  public String reason() {
    return reason;
  }
}
