package io.lockstep.coordinator.machine;

import io.lockstep.data.plan.Pace;
import java.util.Optional;

/**
 * How fast steps are committed. The time between two commits of the same epoch is a step's time;
 * the time between two epochs doesn't count, so that a recovery leaves the rate as it was.
 */
final class Throughput {

  private static final double MILLIS = 1000;

  private final Pace pace = new Pace();
  private long lastGeneration = -1;
  private long lastCommit;

  /** A step is committed by so many workers. */
  void committed(long now, long generation, int workers) {
    if (generation == lastGeneration) {
      pace.step(workers, Math.max(now - lastCommit, 1) / MILLIS);
    }
    lastGeneration = generation;
    lastCommit = now;
  }

  /** Smoothed; 0 before the second commit of an epoch. */
  double stepsPerSecond() {
    return pace.stepsPerSecond();
  }

  /** Time for so many more steps, if a rate is known. */
  Optional<Pace.Remaining> remaining(long steps) {
    return pace.remaining(steps);
  }
}
