package io.lockstep.data.augment;

/**
 * How far training has come when a sample is drawn, for the curriculum; a function of the schedule
 * alone.
 *
 * @param step from 0
 * @param totalSteps of the run
 */
public record Progress(long step, long totalSteps) {

  /** After all steps: what a curriculum ends with. */
  public static final Progress END = new Progress(Long.MAX_VALUE, Long.MAX_VALUE);

  private static final double PERCENT = 100;

  /** Refuses steps before the first one. */
  public Progress {
    if (step < 0 || totalSteps < 1) {
      throw new IllegalArgumentException("there is no step %d of %d".formatted(step, totalSteps));
    }
  }

  /** From 0 to 100. */
  double percent() {
    return Math.min(PERCENT, PERCENT * step / totalSteps);
  }
}
