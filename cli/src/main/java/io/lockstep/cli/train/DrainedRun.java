package io.lockstep.cli.train;

import java.nio.file.Path;

/** What is told of a run that was asked to end before its last step. */
public final class DrainedRun {

  private DrainedRun() {}

  /**
   * How to go on, one line.
   *
   * @param saved whether any step is in a checkpoint
   * @param command that holds the run, without where it begins
   */
  public static String next(boolean saved, Path folder, String command) {
    return saved
        ? "go on with: " + command + " --resume"
        : "nothing is to be resumed: remove %s and start again with: %s".formatted(folder, command);
  }
}
