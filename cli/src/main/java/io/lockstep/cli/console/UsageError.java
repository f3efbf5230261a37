package io.lockstep.cli.console;

/** Arguments that don't go together: bad usage, told in one line before anything is done. */
public final class UsageError extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UsageError(String message) {
    super(message);
  }
}
