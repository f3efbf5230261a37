package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CollectiveRules;
import io.lockstep.coordinator.Numerics;
import java.util.Optional;

/** Decides whether a worker may join. */
final class Admission {

  /** Most characters of a name, an address, a node, a capability or an incarnation. */
  static final int MAX_TEXT = 512;

  /** Spare workers, besides twice as many as the run takes. */
  static final int SPARES = 64;

  private Admission() {}

  /** Why a worker is refused; empty if it may join. */
  static Optional<String> refusal(Event.Joined joined, RunState state) {
    if (state.phase.ended()) {
      return Optional.of("the run has ended: " + state.detail());
    }
    if (joined.name().isBlank() || joined.address().isBlank()) {
      return Optional.of("a worker needs a name and the address of its collective");
    }
    if (longest(joined) > MAX_TEXT) {
      return Optional.of(
          "a worker's name, address, node and capability have at most "
              + MAX_TEXT
              + " characters each");
    }
    if (!joined.numerics().isReasonable()) {
      return Optional.of("worker %s says too much of its numerics".formatted(joined.name()));
    }
    Member sameName = state.members.byName(joined.name());
    if (sameName != null && !isReturning(joined, sameName)) {
      return Optional.of(
          "a worker named %s is in the run already: give this one another --name"
              .formatted(joined.name()));
    }
    Member sameAddress = state.members.byAddress(joined.address());
    if (sameAddress != null && sameAddress != sameName) {
      return Optional.of(
          "%s has the collective address %s already: give this worker another --host"
              .formatted(sameAddress.describe(), joined.address()));
    }
    if (sameName == null && state.members.size() >= mostWorkers(state)) {
      return Optional.of(
          "%d workers are there and the run takes at most %d"
              .formatted(state.members.size(), state.plan.membership().maxWorkers()));
    }
    return withoutNccl(joined, state)
        .or(() -> numerics(joined, state))
        .or(() -> otherNode(joined, state));
  }

  private static Optional<String> withoutNccl(Event.Joined joined, RunState state) {
    CollectiveRules rules = state.plan.collective();
    return joined.nccl().isUsable() || !rules.needsNccl()
        ? Optional.empty()
        : Optional.of(
            "worker %s can't use NCCL, which the recipe asks for (%s): %s"
                .formatted(joined.name(), rules.demand(), joined.nccl().missing()));
  }

  /** Most workers at a time, spares included. */
  private static int mostWorkers(RunState state) {
    return SPARES + 2 * state.plan.membership().maxWorkers();
  }

  private static Optional<String> numerics(Event.Joined joined, RunState state) {
    Numerics own = joined.numerics();
    Optional<String> difference = state.numerics(own).difference(joined.name(), own);
    boolean recorded = !state.history.numerics().equals(Numerics.UNKNOWN);
    return recorded
        ? difference.map(text ->
            text + ". To go on with them all the same: --resume --acknowledge numerics.NAME")
        : difference;
  }

  /** Why a worker can't join those that are there, if the run is bound to one node. */
  private static Optional<String> otherNode(Event.Joined joined, RunState state) {
    return state
        .plan
        .oneNode()
        .flatMap(why ->
            state.members.all().stream()
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

  /** Whether the worker is a process that has joined before and has opened another stream. */
  static boolean isReturning(Event.Joined joined, Member known) {
    return known.id.isSameProcess(new Member.WorkerId(joined.name(), joined.incarnation()));
  }

  private static int longest(Event.Joined joined) {
    return Math.max(
        Math.max(
            joined.node().length(), Math.max(joined.name().length(), joined.address().length())),
        Math.max(joined.capability().length(), joined.incarnation().length()));
  }
}
