package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Membership;
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

  private final Membership membership;
  private final int[] firstHolder;
  private final Map<Integer, SimulatedWorker> entered = new HashMap<>();
  private final Map<Long, Set<SimulatedWorker>> contributions = new HashMap<>();
  private final Map<String, Integer> ranks = new HashMap<>();

  Peers(Membership membership, int buckets) {
    this.membership = membership;
    this.firstHolder = new int[buckets];
    Arrays.fill(firstHolder, NOBODY);
    membership.members().forEach(member -> ranks.put(member.name(), ranks.size()));
    membership.departing().forEach(member -> ranks.put(member.name(), ranks.size()));
    for (Membership.Holder holder : membership.holders()) {
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
      throw new AssertionError("nobody holds bucket " + bucket + " in " + membership);
    }
    return firstHolder[bucket];
  }

  void enter(int rank, SimulatedWorker worker) {
    entered.put(rank, worker);
  }

  /** Ranks that haven't come into this generation or that a worker can't reach. */
  List<Integer> missing(SimulatedWorker worker) {
    List<Integer> missing = new ArrayList<>();
    int participants = membership.members().size() + membership.departing().size();
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

  Membership membership() {
    return membership;
  }

  /** A worker has computed its share; everybody, if it was the last. */
  List<SimulatedWorker> contribute(long step, SimulatedWorker worker) {
    Set<SimulatedWorker> there = contributions.computeIfAbsent(step, _ -> new HashSet<>());
    there.add(worker);
    if (there.size() < membership.members().size()) {
      return List.of();
    }
    List<SimulatedWorker> all = new ArrayList<>();
    for (int rank = 0; rank < membership.members().size(); rank++) {
      SimulatedWorker member = entered.get(rank);
      if (member != null) {
        all.add(member);
      }
    }
    return all;
  }
}
