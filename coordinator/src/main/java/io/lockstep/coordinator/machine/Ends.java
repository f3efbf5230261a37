package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunOutcome;
import java.util.Optional;

/** How a run ends: finished, drained, or by a failure that no other worker can mend. */
final class Ends {
  private final RunState state;
  private final Saves saves;
  private final Liveness liveness;
  private final Waiting waiting;

  Ends(RunState state, Saves saves, Liveness liveness, Waiting waiting) {
    this.waiting = waiting;
    this.state = state;
    this.saves = saves;
    this.liveness = liveness;
  }

  /** Finishes a run whose last step is in a checkpoint; false if there is more to do. */
  boolean advance() {
    if (state.committed() < state.endAt()) {
      return false;
    }
    if (state.committed() == 0) {
      finish("drained before the first step; nothing was saved");
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
            : "drained after step " + state.committed() + " of " + total);
    return true;
  }

  /** Ends the run after what is leased already. */
  void drain() {
    World world = state.world;
    long leased = world == null ? state.committed() : world.leasedUntil();
    if (state.phase.ended() || state.endAt() <= leased) {
      return;
    }
    state.journal(new JournalEntry.DrainAccepted(leased));
    state.setDetail("draining: ends with a checkpoint after step " + leased);
  }

  /** A worker said that it can't go on. */
  void failed(Member member, String message) {
    boolean matters = state.history.generation() == 0 || member.hasTrained;
    if (!matters) {
      state.notice("worker %s can't take part: %s".formatted(member.describe(), message));
      state.roster.remove(member);
      state.send(member, new ToWorker.Stop(false, message, false));
      return;
    }
    state.roster.setFailed(member, message);
    Liveness.Suspicion first = liveness.suspect(member, message, state.now);
    boolean nobodyElse = state.roster.all().stream().allMatch(each -> each.failure != null);
    if (state.history.generation() == 0 || nobodyElse) {
      failBecauseOf(first);
    }
  }

  void failBecauseOf(Liveness.Suspicion suspicion) {
    fail(EndReasons.failed(place(suspicion.member()), suspicion.message()));
  }

  /** A worker is gone after another one had said that it can't go on, most likely because of it. */
  void failBecauseOfLoss(Member lost, String how) {
    fail(EndReasons.lost(place(lost), how, liveness.suspicion()));
  }

  private EndReasons.Place place(Member member) {
    return new EndReasons.Place(
        member.describe(),
        member.activity,
        state.history.generation(),
        state.committed(),
        state.history.newestCheckpoint().map(CommittedCheckpoint::dir));
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
