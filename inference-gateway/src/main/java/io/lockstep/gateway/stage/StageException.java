package io.lockstep.gateway.stage;

/** Input that Stage-A or Stage-B can't work on; the message is one line with the fix. */
public final class StageException extends RuntimeException {

  public StageException(String message) {
    super(message);
  }
}
