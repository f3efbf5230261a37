package io.lockstep.cli.train;

import java.nio.file.Path;

/** A run that was drained before its last step. */
public final class DrainedRun {

  private DrainedRun() {}

  /** The run was drained before its first step: nothing is saved. The message is one line. */
  public static final class UnbegunException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnbegunException(String message) {
      super(message);
    }
  }

  /**
   * How to go on, one line.
   *
   * @param saved whether any step is in a checkpoint
   * @param command the command line of the run, without {@code --resume}
   */
  public static String next(boolean saved, Path folder, String command) {
    return saved
        ? "go on with: " + command + " --resume"
        : "nothing is to be resumed: remove %s and start again with: %s".formatted(folder, command);
  }
}
