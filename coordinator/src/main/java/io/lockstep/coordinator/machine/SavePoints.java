package io.lockstep.coordinator.machine;

/**
 * After which numbers of steps the state is saved.
 *
 * @param every steps between checkpoints; 0 for one at the end only
 * @param endAt steps after which the run ends
 */
record SavePoints(long every, long endAt) {

  /** Whether a checkpoint is due once {@code steps} steps are committed. */
  boolean isDue(long steps) {
    return steps == endAt || (every > 0 && steps > 0 && steps % every == 0);
  }

  /** The first such number after {@code steps}. */
  long after(long steps) {
    return every == 0 ? endAt : Math.min(endAt, (steps / every + 1) * every);
  }
}
