package io.lockstep.coordinator.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Whether workers sit where the run needs them. Before the first world the run fails, so that
 * nobody trains something else than they meant to; afterwards only the newcomer is refused.
 */
final class Nodes {

  private Nodes() {}

  /** Why the run can't begin with the workers that are there. */
  static Optional<String> conflict(RunState state) {
    Map<String, List<String>> workers = new TreeMap<>();
    for (Member member : state.roster.all()) {
      workers.computeIfAbsent(member.node, node -> new ArrayList<>()).add(member.name());
    }
    return workers.size() < 2
        ? Optional.empty()
        : state
            .plan
            .oneNode()
            .map(why ->
                "the workers sit on %d nodes (%s), but %s"
                    .formatted(workers.size(), describe(workers), why));
  }

  private static String describe(Map<String, List<String>> workers) {
    List<String> nodes = new ArrayList<>();
    workers.forEach((node, names) -> nodes.add(named(node) + ": " + World.names(names)));
    return String.join("; ", nodes);
  }

  /** Why a worker can't join those that are there. */
  static Optional<String> refusal(Event.Joined joined, RunState state) {
    return state
        .plan
        .oneNode()
        .flatMap(why ->
            state.roster.all().stream()
                .filter(member -> !member.node.equals(joined.node()))
                .findFirst()
                .map(member ->
                    "worker %s sits on %s and %s on %s, but %s"
                        .formatted(
                            joined.name(),
                            named(joined.node()),
                            member.describe(),
                            named(member.node),
                            why)));
  }

  private static String named(String node) {
    return node.isEmpty() ? "a node without a name" : node;
  }
}
