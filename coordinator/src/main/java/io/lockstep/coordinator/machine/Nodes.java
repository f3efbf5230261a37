package io.lockstep.coordinator.machine;

import java.util.Optional;

/** Whether workers sit where the run needs them: one that sits elsewhere is refused. */
final class Nodes {

  private Nodes() {}

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
