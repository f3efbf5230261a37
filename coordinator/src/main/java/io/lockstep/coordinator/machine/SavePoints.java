package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.SavePlan;

/**
 * After which numbers of steps the state is saved.
 *
 * @param plan when checkpoints are written on the way
 * @param endAt steps after which the run ends, with a last one
 */
record SavePoints(SavePlan plan, long endAt) {

  /** Whether a checkpoint is due once {@code steps} steps are committed. */
  boolean isDue(long steps) {
    return steps == endAt || (steps > 0 && plan.isDue(steps));
  }

  /** The first such number after {@code steps}. */
  long after(long steps) {
    return Math.min(endAt, plan.nextAfter(steps));
  }
}
