package io.lockstep.coordinator;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A run as it was moments ago, for those who only watch.
 *
 * @param status without notices
 * @param endAt steps after which the run ends
 * @param notices how often each kind of thing has happened
 * @param lastStep when the last step was committed; before the first, when the coordinator started
 * @param lastCheckpoint the newest checkpoint
 */
public record RunObservation(
    RunStatus status,
    long endAt,
    Map<NoticeKind, Long> notices,
    Instant lastStep,
    Optional<Saved> lastCheckpoint) {

  public RunObservation {
    notices = Map.copyOf(notices);
  }

  /**
   * A checkpoint that is complete.
   *
   * @param steps committed steps it holds
   * @param at when
   */
  public record Saved(long steps, Instant at) {}
}
