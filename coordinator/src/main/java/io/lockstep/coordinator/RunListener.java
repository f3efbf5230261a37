package io.lockstep.coordinator;

/**
 * Called with what happens in a run, in order, on the run's thread: implementations return at once
 * and never call the server.
 */
public interface RunListener {

  /** The run entered a phase; {@code detail} is one line for people. */
  default void phaseChanged(Phase phase, String detail) {}

  /**
   * A step is committed and durable in the journal; {@code stepsPerSecond} is the smoothed rate, 0
   * while none is known.
   */
  default void stepCommitted(CommittedStep step, double stepsPerSecond) {}

  /** A checkpoint is committed. */
  default void checkpointCommitted(CommittedCheckpoint checkpoint) {}

  /** A notice for people, one line, for example that a worker joined, was lost or was refused. */
  default void notice(String text) {}

  /** The run is over; nothing follows. */
  default void ended(RunOutcome outcome) {}
}
