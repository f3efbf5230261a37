package io.lockstep.coordinator;

/**
 * Steps at regular distances.
 *
 * @param everySteps the distance; 0 for no step at all
 * @param delaySteps none before so many steps
 */
public record StepInterval(long everySteps, long delaySteps) {

  /** No step. */
  public static final StepInterval NEVER = new StepInterval(0, 0);

  /** Checks the numbers. */
  public StepInterval {
    if (everySteps < 0 || delaySteps < 0) {
      throw new IllegalArgumentException(
          "can't come every %d steps from step %d on".formatted(everySteps, delaySteps));
    }
  }

  /** Whether so many steps are one of them. */
  public boolean contains(long steps) {
    return everySteps > 0 && steps > 0 && steps >= delaySteps && steps % everySteps == 0;
  }

  /** The first of them above {@code steps}; at most {@code endAt}. */
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
