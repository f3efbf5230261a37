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

  /** A step of an epoch of so many workers is committed. */
  void committed(long now, long generation, int workers) {
    if (generation == lastGeneration) {
      pace.step(workers, Math.max(now - lastCommit, 1) / MILLIS);
    }
    lastGeneration = generation;
    lastCommit = now;
  }

  /** 0 while fewer than two commits of one epoch are known. */
  double stepsPerSecond() {
    return pace.stepsPerSecond();
  }

  /** Time to the end of a run that has so many steps to go, if anything is known. */
  Optional<Pace.Remaining> remaining(long steps) {
    return pace.remaining(steps);
  }
}
