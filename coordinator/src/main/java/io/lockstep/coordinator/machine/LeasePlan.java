package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.RunPlan;
import java.util.Optional;

/**
 * Which steps are leased next. A lease never crosses a checkpoint or an evaluation, so that a
 * worker at the end of its leases stands exactly where the state is to be saved or evaluated.
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
    boolean plenty = leasedUntil - committed > plan.leaseSteps() / 2;
    boolean standingFirst = leasedUntil > committed && plan.isBoundary(leasedUntil, endAt);
    if (plenty || standingFirst || leasedUntil >= endAt) {
      return Optional.empty();
    }
    long steps = Math.min(plan.leaseSteps(), plan.nextBoundary(leasedUntil, endAt) - leasedUntil);
    return Optional.of(new Span(leasedUntil, steps));
  }
}
