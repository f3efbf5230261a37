package io.lockstep.coordinator;

/**
 * Hears how a run goes, in order, on the run's own thread: return at once, and never call back into
 * the server from here.
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

  /**
   * Something a person should read, one line: a worker joined, left early or differs from others.
   */
  default void notice(String text) {}

  /** The run is over; nothing follows. */
  default void ended(RunOutcome outcome) {}
}
