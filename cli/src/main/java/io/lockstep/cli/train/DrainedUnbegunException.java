package io.lockstep.cli.train;

/** A run was drained before its first step: there is nothing to save. The message is one line. */
public final class DrainedUnbegunException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DrainedUnbegunException(String message) {
    super(message);
  }
}
