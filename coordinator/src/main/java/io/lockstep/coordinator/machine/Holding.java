package io.lockstep.coordinator.machine;

import io.lockstep.data.plan.Shard;

/**
 * A shard of the run's state in a worker's memory.
 *
 * @param steps steps that it has seen
 * @param reducedNext whether the reduced gradient of step {@code steps} is at hand, so that the
 *     worker can make that step by itself
 */
public record Holding(Shard shard, long steps, boolean reducedNext) {

  /** Whether its holder can bring it to {@code committed} steps without other workers. */
  public boolean isUsableAt(long committed) {
    return steps == committed || (steps == committed - 1 && reducedNext);
  }

  /**
   * The shard as a holder has it after {@code committed} steps; an uncommitted gradient is dropped.
   */
  Holding at(long committed) {
    return steps == committed ? new Holding(shard, steps, false) : this;
  }

  /** The shard with the next step's gradient at hand. */
  Holding reduced() {
    return new Holding(shard, steps, true);
  }

  /** The shard after one more step. */
  Holding applied() {
    return new Holding(shard, steps + 1, false);
  }
}
