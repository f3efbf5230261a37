package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Holding;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * The shards in a worker's memory: the one in force, and those of memberships that are being
 * formed, the oldest first.
 */
final class HeldShards {
  private final Model model;
  private final List<HeldShard> shards = new ArrayList<>();

  HeldShards(Model model) {
    this.model = model;
  }

  void clear() {
    shards.clear();
  }

  List<Holding> all() {
    return shards.stream().map(HeldShard::holding).toList();
  }

  /** What a worker says that it holds: two at most. */
  List<Holding> holdings() {
    List<Holding> all = all();
    return all.size() <= 2 ? all : List.of(all.getFirst(), all.getLast());
  }

  /** The only shard, of a worker that trains. */
  HeldShard present() {
    require(shards.size() == 1, "it trains and holds " + holdings());
    return shards.getFirst();
  }

  /** All members are ready: what was held before isn't needed any more. */
  void dropOld() {
    while (shards.size() > 1) {
      shards.removeFirst();
    }
  }

  /** Keeps the shards that the membership names as held by this rank, brought to its first step. */
  void keepListed(Membership membership, int rank) {
    Set<Shard> listed = new HashSet<>();
    for (Membership.Holder holder : membership.holders()) {
      if (holder.rank() == rank) {
        listed.add(holder.holding().shard());
      }
    }
    shards.removeIf(held -> !listed.contains(held.shard()));
    require(shards.size() == listed.size(), "it doesn't hold all of " + listed);
    for (HeldShard held : shards) {
      require(
          membership.lastCommit().isPresent() || held.steps() == membership.nextStep(),
          "no last commit");
      held.bringTo(membership.nextStep());
    }
  }

  /** The content of these buckets, as far as it is held. */
  Map<Integer, Long> give(Set<Integer> buckets) {
    Map<Integer, Long> given = new HashMap<>();
    for (HeldShard held : shards) {
      forEachBucket(
          held.shard(),
          bucket -> {
            Long value = held.values().get(bucket);
            if (buckets.contains(bucket) && value != null) {
              given.put(bucket, value);
            }
          });
    }
    return given;
  }

  void hold(Shard shard, long steps, Map<Integer, Long> content) {
    shards.removeIf(held -> held.shard().equals(shard));
    shards.add(new HeldShard(model, shard, steps, content));
  }

  /** The buckets that a shard owns and copies. */
  void forEachBucket(Shard shard, IntConsumer action) {
    for (Shard.Span span : shard.held(model.buckets())) {
      for (int bucket = span.first(); bucket < span.end(); bucket++) {
        action.accept(bucket);
      }
    }
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError(problem);
    }
  }
}
