package io.lockstep.coordinator;

/** A run that can't start or go on for a reason its user can mend; the message is one line. */
public class RunRefusedException extends RuntimeException {
  private final String reason;

  /** A refusal that says what, where and how to mend it. */
  public RunRefusedException(String message) {
    super(message);
    this.reason = message;
  }

  /** A refusal with the error that led to it. */
  public RunRefusedException(String message, Throwable cause) {
    super(message, cause);
    this.reason = message;
  }

  /** The message. */
  public String reason() {
    return reason;
  }
}
