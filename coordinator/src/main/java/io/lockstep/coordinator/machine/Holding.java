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

  /** Whether its holder can bring it to the state after {@code committed} steps by itself. */
  public boolean isUsableAt(long committed) {
    return steps == committed || (steps == committed - 1 && reducedNext);
  }

  /** The same after {@code committed} steps, without a gradient that was never committed. */
  Holding at(long committed) {
    return steps == committed ? new Holding(shard, steps, false) : this;
  }

  /** The same with the next step's gradient at hand. */
  Holding reduced() {
    return new Holding(shard, steps, true);
  }

  /** The same after one step more. */
  Holding applied() {
    return new Holding(shard, steps + 1, false);
  }
}
