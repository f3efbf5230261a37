package io.lockstep.cli.train;

/** A run that was drained before its last step. */
public final class DrainedRun {

  private DrainedRun() {}

  /**
   * The run was drained before its first step: nothing is saved, and there is nothing to show. The
   * message is one line.
   */
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
  public static String next(boolean saved, String command) {
    return "%sgo on with: %s --resume".formatted(saved ? "" : "no step was made yet; ", command);
  }
}
