package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunOutcome;
import java.util.Optional;

/** How a run ends: finished, drained, or by a failure that no other worker can mend. */
final class Ends {
  private final RunState state;
  private final Saves saves;
  private final Worlds worlds;
  private final Waiting waiting;

  Ends(RunState state, Saves saves, Worlds worlds, Waiting waiting) {
    this.waiting = waiting;
    this.state = state;
    this.saves = saves;
    this.worlds = worlds;
  }

  /** Finishes a run whose last step is in a checkpoint; false if there is more to do. */
  boolean advance() {
    if (state.committed() < state.endAt()) {
      return false;
    }
    if (state.committed() == 0) {
      finish(
          "drained by %s before the first of %d steps; nothing was saved"
              .formatted(state.history.drainedBy(), state.plan.totalSteps()));
      return true;
    }
    if (!state.history.isSaved() || saves.isPending()) {
      return false;
    }
    Optional<String> absent = waiting.reconnecting();
    if (absent.isPresent()) {
      state.await(
          "everything is done and saved, which workers are yet to be told: " + absent.get());
      return false;
    }
    long total = state.plan.totalSteps();
    finish(
        state.committed() == total
            ? "all " + total + " steps are done"
            : "drained by %s after step %d of %d"
                .formatted(state.history.drainedBy(), state.committed(), total));
    return true;
  }

  /** Ends the run after what is leased already, once; whoever asks again is told the same end. */
  void drain(String by) {
    World world = state.world;
    long leased = world == null ? state.committed() : world.leasedUntil();
    if (state.phase.ended() || state.history.drainedAt().isPresent()) {
      return;
    }
    state.journal(new JournalEntry.DrainAccepted(leased, by));
    String what =
        "drained by %s: the run ends with a checkpoint after step %d".formatted(by, leased);
    state.notice(what);
    state.setDetail(what);
  }

  /**
   * A worker said that it can't go on. That costs it its place; the run ends only if it has
   * computed, and nobody is left who could do it instead.
   */
  void failed(Member member, String message) {
    if (member.proven && state.roster.size() == 1) {
      fail(
          EndReasons.failed(
              new EndReasons.Place(
                  member.describe(),
                  member.activity,
                  state.history.generation(),
                  state.committed(),
                  state.history.newestCheckpoint().map(CommittedCheckpoint::dir)),
              message));
      return;
    }
    state.notice(
        member,
        Newcomers.News.FAILED,
        "worker %s can't take part: %s".formatted(member.describe(), message));
    worlds.lose(
        member, "it failed: " + message, Optional.of(new ToWorker.Stop(false, message, false)));
  }

  private void finish(String reason) {
    state.enter(Phase.FINISHED, reason);
    end(true, reason);
  }

  void fail(String reason) {
    if (state.phase.ended()) {
      return;
    }
    state.enter(Phase.FAILED, reason);
    end(false, reason);
  }

  private void end(boolean finished, String reason) {
    saves.discardAll();
    ToWorker.Stop stop = new ToWorker.Stop(finished, reason, false);
    state.roster.all().forEach(member -> state.send(member, stop));
    Optional<CommittedCheckpoint> newest = state.history.newestCheckpoint();
    RunOutcome outcome = new RunOutcome(finished, reason, state.committed(), newest);
    state.journal(new JournalEntry.RunEnded(outcome));
    state.actions.add(new Action.EndRun(outcome));
  }
}
