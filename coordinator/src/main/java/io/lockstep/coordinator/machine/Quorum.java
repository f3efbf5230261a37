package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.MembershipRules;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether enough workers are there to form a membership epoch: as many as the run begins with for
 * the first, {@code min_workers} later. For a grace period it also waits for a replacement of a
 * lost worker, and after a restart of the coordinator for the workers of before.
 */
final class Quorum {
  private final RunState state;
  private final MembershipRules rules;
  private @Nullable GracePeriod grace;

  /** The coordinator was started again, and the wait for the workers of before hasn't begun. */
  private boolean restarted;

  /** Whether the grace period is for the workers of before. */
  private boolean reconnecting;

  /**
   * A wait for workers beyond those that suffice.
   *
   * @param until when the run goes on without them
   * @param size number of workers that ends the wait, whoever they are; 0 if {@code names} do
   * @param names who is missing
   */
  private record GracePeriod(long until, int size, List<String> names) {}

  Quorum(RunState state) {
    this.state = state;
    this.rules = state.plan.membership();
    this.restarted = state.history.generation() > 0;
  }

  /** An epoch of this size lost workers: others may take their place for a while. */
  void awaitReplacement(int size, List<String> lost) {
    if (!rules.grace().isZero()) {
      grace = new GracePeriod(state.now + rules.grace().toMillis(), size, List.copyOf(lost));
    }
  }

  /** An epoch was formed: nobody is waited for any more. */
  void epochFormed() {
    grace = null;
    reconnecting = false;
  }

  /** Which workers of before a restart are still waited for, one line; empty if none. */
  Optional<String> reconnecting() {
    beginAfterRestart();
    return reconnecting ? missingInGrace() : Optional.empty();
  }

  /** What is waited for, one line; empty if an epoch may be formed. */
  Optional<String> missing() {
    beginAfterRestart();
    boolean first = state.history.generation() == 0;
    int needed = first ? state.plan.workers() : rules.minWorkers();
    int there = state.members.available();
    if (there < needed) {
      return Optional.of(
          "waiting for workers: %d of %s%d %s"
              .formatted(
                  there,
                  first ? "" : "at least ",
                  needed,
                  first
                      ? "have joined"
                      : "are there, the run stands at step " + state.committed()));
    }
    return missingInGrace();
  }

  private void beginAfterRestart() {
    if (restarted) {
      restarted = false;
      reconnecting = true;
      grace =
          new GracePeriod(state.now + rules.reconnect().toMillis(), 0, state.history.lastMembers());
    }
  }

  private Optional<String> missingInGrace() {
    GracePeriod present = grace;
    if (present == null || state.now >= present.until()) {
      return Optional.empty();
    }
    boolean complete =
        present.size() > 0
            ? state.members.available() >= present.size()
            : present.names().stream().allMatch(name -> state.members.byName(name) != null);
    if (complete) {
      return Optional.empty();
    }
    String who =
        present.size() > 0
            ? "a replacement of " + MembershipEpoch.names(present.names())
            : present.names().stream()
                .filter(name -> state.members.byName(name) == null)
                .collect(Collectors.collectingAndThen(Collectors.toList(), MembershipEpoch::names));
    return Optional.of(
        "waiting for %s, at most %d ms more".formatted(who, present.until() - state.now));
  }
}
