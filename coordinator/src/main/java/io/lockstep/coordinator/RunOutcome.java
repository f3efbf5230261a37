package io.lockstep.coordinator;

import java.util.Optional;

/**
 * How a run ended.
 *
 * @param finished whether it reached its last step, was drained, or was ended by evaluations
 * @param reason why, one line
 * @param steps committed steps
 * @param lastCheckpoint the newest committed checkpoint
 * @param drained whether it was asked to end and can go on
 */
public record RunOutcome(
    boolean finished,
    String reason,
    long steps,
    Optional<CommittedCheckpoint> lastCheckpoint,
    boolean drained) {

  /** The end of a run that was not drained. */
  public RunOutcome(
      boolean finished, String reason, long steps, Optional<CommittedCheckpoint> lastCheckpoint) {
    this(finished, reason, steps, lastCheckpoint, false);
  }
}
