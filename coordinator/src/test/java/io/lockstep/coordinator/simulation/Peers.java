package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Generation;
import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connections between workers of one generation: the exchange of state, and the reduction of
 * each step, which nobody finishes before everybody has contributed.
 */
final class Peers {
  private static final int NOBODY = -1;

  private final Generation generation;
  private final int[] firstHolder;
  private final Map<Integer, SimulatedWorker> entered = new HashMap<>();
  private final Map<Long, Set<SimulatedWorker>> contributions = new HashMap<>();
  private final Map<String, Integer> ranks = new HashMap<>();

  Peers(Generation generation, int buckets) {
    this.generation = generation;
    this.firstHolder = new int[buckets];
    Arrays.fill(firstHolder, NOBODY);
    generation.members().forEach(member -> ranks.put(member.name(), ranks.size()));
    generation.departing().forEach(member -> ranks.put(member.name(), ranks.size()));
    for (Generation.Holder holder : generation.holders()) {
      for (Shard.Span span : holder.holding().shard().held(buckets)) {
        for (int bucket = span.first(); bucket < span.end(); bucket++) {
          if (firstHolder[bucket] == NOBODY) {
            firstHolder[bucket] = holder.rank();
          }
        }
      }
    }
  }

  /** The rank that everybody gets a bucket from. */
  int source(int bucket) {
    if (firstHolder[bucket] == NOBODY) {
      throw new AssertionError("nobody holds bucket " + bucket + " in " + generation);
    }
    return firstHolder[bucket];
  }

  void enter(int rank, SimulatedWorker worker) {
    entered.put(rank, worker);
  }

  /** Ranks that haven't come into this generation or that a worker can't reach. */
  List<Integer> missing(SimulatedWorker worker) {
    List<Integer> missing = new ArrayList<>();
    int participants = generation.members().size() + generation.departing().size();
    for (int rank = 0; rank < participants; rank++) {
      SimulatedWorker other = entered.get(rank);
      if (other == null || (other != worker && worker.isCutFrom(other))) {
        missing.add(rank);
      }
    }
    return missing;
  }

  @Nullable SimulatedWorker byRank(int rank) {
    return entered.get(rank);
  }

  /** The rank of a worker, -1 if it isn't in this generation. */
  int rank(String name) {
    return ranks.getOrDefault(name, NOBODY);
  }

  Generation generation() {
    return generation;
  }

  /** A worker has computed its share; everybody, if it was the last. */
  List<SimulatedWorker> contribute(long step, SimulatedWorker worker) {
    Set<SimulatedWorker> there = contributions.computeIfAbsent(step, _ -> new HashSet<>());
    there.add(worker);
    if (there.size() < generation.members().size()) {
      return List.of();
    }
    List<SimulatedWorker> all = new ArrayList<>();
    for (int rank = 0; rank < generation.members().size(); rank++) {
      SimulatedWorker member = entered.get(rank);
      if (member != null) {
        all.add(member);
      }
    }
    return all;
  }
}
