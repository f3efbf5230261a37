package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Numerics;
import java.util.Optional;

/** Whether a worker that introduces itself may join. */
final class Admission {

  /** Most characters of a name, an address, a node, a capability or an incarnation. */
  static final int MAX_TEXT = 512;

  /** Workers that may wait as spares, besides as many as the run takes. */
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
    Member sameName = state.roster.byName(joined.name());
    if (sameName != null && !isReturning(joined, sameName)) {
      return Optional.of(
          "a worker named %s is in the run already: give this one another --name"
              .formatted(joined.name()));
    }
    Member sameAddress = state.roster.byAddress(joined.address());
    if (sameAddress != null && sameAddress != sameName) {
      return Optional.of(
          "%s has the collective address %s already: give this worker another --host"
              .formatted(sameAddress.describe(), joined.address()));
    }
    if (sameName == null && state.roster.size() >= mostWorkers(state)) {
      return Optional.of(
          "%d workers are there and the run takes at most %d"
              .formatted(state.roster.size(), state.plan.membership().maxWorkers()));
    }
    return numerics(joined, state).or(() -> Nodes.refusal(joined, state));
  }

  /** Those that may be there at once, spares included. */
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

  /** Whether the worker is one that is there already and comes on another stream. */
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
