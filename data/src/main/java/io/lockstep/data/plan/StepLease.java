package io.lockstep.data.plan;

/**
 * A span of steps that the coordinator hands out at once.
 *
 * @param first the first step
 * @param end one past the last
 */
public record StepLease(long first, long end) {

  /** Checks that the span holds at least one step. */
  public StepLease {
    if (first < 0 || end <= first) {
      throw new IllegalArgumentException("no lease of steps " + first + " to " + end);
    }
  }

  /** The lease that begins at a step: {@code length} steps, fewer where the run ends before. */
  public static StepLease from(long step, int length, long totalSteps) {
    if (length < 1) {
      throw new IllegalArgumentException("a lease needs at least 1 step, got " + length);
    }
    if (step >= totalSteps) {
      throw new IllegalArgumentException(
          "step " + step + " lies behind the run's last step " + (totalSteps - 1));
    }
    return new StepLease(step, Math.min(totalSteps, Math.addExact(step, length)));
  }

  /** Whether a step lies in the lease. */
  public boolean contains(long step) {
    return step >= first && step < end;
  }
}
