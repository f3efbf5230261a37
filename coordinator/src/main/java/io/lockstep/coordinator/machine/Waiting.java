package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.MembershipRules;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Why no world may be formed yet. */
final class Waiting {
  private final RunState state;
  private final MembershipRules rules;

  /** Workers that are hoped for, for a while. */
  private @Nullable Hope hope;

  /** Whether the workers of before have yet to be waited for. */
  private boolean restarted;

  /** Whether those hoped for are the workers of before. */
  private boolean reconnecting;

  /**
   * @param until when the run goes on without them
   * @param size enough of them, whoever they are; 0 if it is the names that count
   * @param names who is hoped for
   */
  private record Hope(long until, int size, List<String> names) {}

  Waiting(RunState state) {
    this.state = state;
    this.rules = state.plan.membership();
    this.restarted = state.history.generation() > 0;
  }

  /** A worker of a world of that size was lost: wait a while for another one. */
  void forReplacement(int size, List<String> lost) {
    if (!rules.grace().isZero()) {
      hope = new Hope(state.now + rules.grace().toMillis(), size, List.copyOf(lost));
    }
  }

  /** A world was formed. */
  void isOver() {
    hope = null;
    reconnecting = false;
  }

  /** Who of the workers of before is still waited for after a restart, one line. */
  Optional<String> reconnecting() {
    begin();
    return reconnecting ? hoped() : Optional.empty();
  }

  private void begin() {
    if (restarted) {
      restarted = false;
      reconnecting = true;
      hope = new Hope(state.now + rules.reconnect().toMillis(), 0, state.history.lastWorld());
    }
  }

  /** What is waited for, one line; empty if a world may be formed. */
  Optional<String> reason() {
    begin();
    boolean first = state.history.generation() == 0;
    int needed = first ? state.plan.workers() : rules.minWorkers();
    int there = state.roster.available();
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
    return hoped();
  }

  private Optional<String> hoped() {
    Hope present = hope;
    if (present == null || state.now >= present.until()) {
      return Optional.empty();
    }
    boolean fulfilled =
        present.size() > 0
            ? state.roster.available() >= present.size()
            : present.names().stream().allMatch(name -> state.roster.byName(name) != null);
    if (fulfilled) {
      return Optional.empty();
    }
    String who =
        present.size() > 0
            ? "a replacement of " + World.names(present.names())
            : present.names().stream()
                .filter(name -> state.roster.byName(name) == null)
                .collect(Collectors.collectingAndThen(Collectors.toList(), World::names));
    return Optional.of(
        "waiting for %s, at most %d ms more".formatted(who, present.until() - state.now));
  }
}
