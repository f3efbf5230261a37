package io.lockstep.cli.console;

import org.jspecify.annotations.Nullable;

/** A failure that its one-line message explains completely: what, where, and how to mend it. */
public final class UserError extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    super(message);
  }

  public UserError(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
