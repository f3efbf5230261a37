package io.lockstep.coordinator;

/**
 * When checkpoints are written on the way, besides the last one at the end of the run, and which of
 * them stay.
 *
 * @param everySteps steps between checkpoints; 0 for none at regular distances
 * @param delaySteps none is written on the way before so many steps
 * @param retention which stay
 * @param whenBetter whether one is written after each evaluation whose figure is the best of those
 *     after the delay
 */
public record CheckpointSchedule(
    long everySteps, long delaySteps, Retention retention, boolean whenBetter) {

  /** Checks the numbers. */
  public CheckpointSchedule {
    if (everySteps < 0 || delaySteps < 0) {
      throw new IllegalArgumentException(
          "can't save every %d steps from step %d on".formatted(everySteps, delaySteps));
    }
  }

  /** Checkpoints at regular distances alone. */
  public CheckpointSchedule(long everySteps, long delaySteps, Retention retention) {
    this(everySteps, delaySteps, retention, false);
  }

  /** From the beginning, and all stay. */
  public static CheckpointSchedule every(long steps) {
    return new CheckpointSchedule(steps, 0, Retention.ALL);
  }

  /** Checkpoints after evaluations that are better than those before. */
  public static CheckpointSchedule whenBetter(long delaySteps, Retention retention) {
    return new CheckpointSchedule(0, delaySteps, retention, true);
  }

  /** The steps at regular distances. */
  public StepInterval interval() {
    return new StepInterval(everySteps, delaySteps);
  }

  /**
   * Whether a checkpoint is due once so many steps of a run that ends at {@code endAt} are done,
   * whatever an evaluation says.
   */
  public boolean isDue(long steps, long endAt) {
    return steps == endAt || interval().contains(steps);
  }

  /** The first number of steps above {@code steps} at which one is due; at most {@code endAt}. */
  public long nextAfter(long steps, long endAt) {
    return interval().nextAfter(steps, endAt);
  }
}
