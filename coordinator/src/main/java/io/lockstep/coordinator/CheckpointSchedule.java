package io.lockstep.coordinator;

/**
 * When checkpoints are written on the way, besides the last one at the end of the run, and which of
 * them stay.
 *
 * @param everySteps steps between checkpoints; 0 for one at the end only
 * @param delaySteps none is written on the way before so many steps
 * @param retention which stay
 */
public record CheckpointSchedule(long everySteps, long delaySteps, Retention retention) {

  /** Checks the numbers. */
  public CheckpointSchedule {
    if (everySteps < 0 || delaySteps < 0) {
      throw new IllegalArgumentException(
          "can't save every %d steps from step %d on".formatted(everySteps, delaySteps));
    }
  }

  /** From the beginning, and all stay. */
  public static CheckpointSchedule every(long steps) {
    return new CheckpointSchedule(steps, 0, Retention.ALL);
  }

  /**
   * Whether a checkpoint is due once so many steps of a run that ends at {@code endAt} are done.
   */
  public boolean isDue(long steps, long endAt) {
    boolean onTheWay = everySteps > 0 && steps >= delaySteps && steps % everySteps == 0;
    return steps == endAt || (steps > 0 && onTheWay);
  }

  /** The first number of steps above {@code steps} at which one is due; at most {@code endAt}. */
  public long nextAfter(long steps, long endAt) {
    if (everySteps == 0) {
      return endAt;
    }
    long intervals =
        Math.max(Math.floorDiv(steps, everySteps) + 1, Math.ceilDiv(delaySteps, everySteps));
    boolean beyondAnyRun = intervals > Long.MAX_VALUE / everySteps;
    return beyondAnyRun ? endAt : Math.min(endAt, intervals * everySteps);
  }
}
