package io.lockstep.coordinator;

/**
 * When checkpoints are written, besides the one at the end of the run, and which of them stay.
 *
 * @param everySteps steps between checkpoints; 0 for one at the end only
 * @param delaySteps none is written before so many steps
 * @param retention which stay
 */
public record SavePlan(long everySteps, long delaySteps, Retention retention) {

  /** Checks the numbers. */
  public SavePlan {
    if (everySteps < 0 || delaySteps < 0) {
      throw new IllegalArgumentException(
          "can't save every %d steps from step %d on".formatted(everySteps, delaySteps));
    }
  }

  /** From the beginning, and all stay. */
  public static SavePlan every(long steps) {
    return new SavePlan(steps, 0, Retention.ALL);
  }

  /** Whether a checkpoint is due once so many steps are committed. */
  public boolean isDue(long steps) {
    return everySteps > 0 && steps >= delaySteps && steps % everySteps == 0;
  }

  /** The first number of steps above {@code steps} at which one is due; the longest if none is. */
  public long nextAfter(long steps) {
    if (everySteps == 0) {
      return Long.MAX_VALUE;
    }
    long intervals =
        Math.max(Math.floorDiv(steps, everySteps) + 1, Math.ceilDiv(delaySteps, everySteps));
    return intervals > Long.MAX_VALUE / everySteps ? Long.MAX_VALUE : intervals * everySteps;
  }
}
