package io.lockstep.coordinator.machine;

import java.util.Optional;

/**
 * Which steps are handed out next. A lease never crosses a checkpoint, so that a worker at the end
 * of its leases stands exactly where the state is to be saved.
 */
final class LeasePlan {

  private LeasePlan() {}

  /** A span of steps, at least one. */
  record Span(long firstStep, long steps) {}

  /**
   * The next span, if it is time for one: when at most half a lease is left, so that no worker
   * waits for the next.
   *
   * @param leaseSteps most steps handed out at once
   * @param committed committed steps
   * @param leasedUntil first step not leased yet
   */
  static Optional<Span> next(int leaseSteps, long committed, long leasedUntil, SavePoints points) {
    boolean plenty = leasedUntil - committed > leaseSteps / 2;
    boolean savingFirst = leasedUntil > committed && points.isDue(leasedUntil);
    if (plenty || savingFirst || leasedUntil >= points.endAt()) {
      return Optional.empty();
    }
    long steps = Math.min(leaseSteps, points.after(leasedUntil) - leasedUntil);
    return Optional.of(new Span(leasedUntil, steps));
  }
}
