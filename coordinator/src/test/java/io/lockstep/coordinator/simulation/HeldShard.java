package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Holding;
import io.lockstep.data.plan.Shard;
import java.util.HashMap;
import java.util.Map;

/** A shard with its content, in a worker's memory. */
final class HeldShard {
  private final Model model;
  private final Shard shard;
  private final Map<Integer, Long> values;
  private long steps;
  private boolean reducedNext;

  HeldShard(Model model, Shard shard, long steps, Map<Integer, Long> values) {
    this.model = model;
    this.shard = shard;
    this.steps = steps;
    this.values = new HashMap<>(values);
    for (Shard.Span span : shard.held(model.buckets())) {
      for (int bucket = span.first(); bucket < span.end(); bucket++) {
        Long value = values.get(bucket);
        if (value == null || value != model.expected(steps, bucket)) {
          throw new AssertionError(
              "bucket %d of %s is not that of step %d".formatted(bucket, shard, steps));
        }
      }
    }
  }

  Shard shard() {
    return shard;
  }

  long steps() {
    return steps;
  }

  Holding holding() {
    return new Holding(shard, steps, reducedNext);
  }

  Map<Integer, Long> values() {
    return values;
  }

  void reduce(long step) {
    if (step != steps || reducedNext) {
      throw new AssertionError("reduced step " + step + " on " + holding());
    }
    reducedNext = true;
  }

  void apply() {
    if (!reducedNext) {
      throw new AssertionError("applied a step that was not reduced: " + holding());
    }
    values.replaceAll((bucket, value) -> model.updated(value, steps, bucket));
    steps++;
    reducedNext = false;
  }

  /** Brings it to that many committed steps, alone. */
  void bringTo(long committed) {
    if (steps == committed - 1) {
      apply();
    }
    reducedNext = false;
    if (steps != committed) {
      throw new AssertionError(holding() + " can't be brought to step " + committed);
    }
  }
}
