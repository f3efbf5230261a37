package io.lockstep.cli.process;

/** How a command ends, besides 0 (done), 1 (failed) and 2 (bad usage). */
public final class ExitCode {

  /** The run was drained: a checkpoint holds what was done, and more remains. */
  public static final int DRAINED = 3;

  private ExitCode() {}
}
