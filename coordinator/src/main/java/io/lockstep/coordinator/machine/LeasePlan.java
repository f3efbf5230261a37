package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CheckpointSchedule;
import io.lockstep.coordinator.RunPlan;
import java.util.Optional;

/**
 * Which steps are leased next. A lease never crosses a checkpoint, so that a worker at the end of
 * its leases stands exactly where the state is to be saved.
 */
final class LeasePlan {

  private LeasePlan() {}

  /** A span of steps, at least one. */
  record Span(long firstStep, long steps) {}

  /**
   * The next span, if it is time for one: when at most half a lease is left, so that no worker
   * waits for the next.
   *
   * @param leasedUntil first step not leased yet
   * @param endAt steps after which the run ends
   */
  static Optional<Span> next(RunPlan plan, long committed, long leasedUntil, long endAt) {
    CheckpointSchedule checkpoints = plan.checkpoints();
    boolean plenty = leasedUntil - committed > plan.leaseSteps() / 2;
    boolean savingFirst = leasedUntil > committed && checkpoints.isDue(leasedUntil, endAt);
    if (plenty || savingFirst || leasedUntil >= endAt) {
      return Optional.empty();
    }
    long steps =
        Math.min(plan.leaseSteps(), checkpoints.nextAfter(leasedUntil, endAt) - leasedUntil);
    return Optional.of(new Span(leasedUntil, steps));
  }
}
