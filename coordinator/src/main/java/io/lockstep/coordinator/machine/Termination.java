package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.RunOutcome;
import java.util.Optional;
import java.util.OptionalLong;

/** How a run ends: all steps done, drained, or by a failure that no other worker can make good. */
final class Termination {
  private final RunState state;
  private final CheckpointCoordinator checkpoints;
  private final MembershipCoordinator memberships;
  private final Quorum quorum;

  Termination(
      RunState state,
      CheckpointCoordinator checkpoints,
      MembershipCoordinator memberships,
      Quorum quorum) {
    this.state = state;
    this.checkpoints = checkpoints;
    this.memberships = memberships;
    this.quorum = quorum;
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
    if (!state.history.isSaved() || checkpoints.isPending()) {
      return false;
    }
    Optional<String> absent = quorum.reconnecting();
    if (absent.isPresent()) {
      state.await(
          "everything is done and saved, which workers are yet to be told: " + absent.get());
      return false;
    }
    long total = state.plan.totalSteps();
    finish(
        state.committed() == total
            ? "all " + total + " steps are done"
            : hasStoppedEarly()
                ? EvaluationCoordinator.whyStopped(state)
                : "drained by %s after step %d of %d"
                    .formatted(state.history.drainedBy(), state.committed(), total));
    return true;
  }

  /** Whether evaluations ended the run before its last step. */
  private boolean hasStoppedEarly() {
    OptionalLong stops = state.stopsAt();
    return stops.isPresent() && stops.getAsLong() <= state.committed();
  }

  /** Makes the leased steps the run's last; a drain asked for again changes nothing. */
  void drain(String by) {
    MembershipEpoch epoch = state.epoch;
    long leased = epoch == null ? state.committed() : epoch.leasedUntil();
    if (state.phase.ended() || state.history.drainedAt().isPresent()) {
      return;
    }
    state.journal(new JournalEntry.DrainAccepted(leased, by));
    String what =
        "drained by %s: the run ends with a checkpoint after step %d".formatted(by, leased);
    state.notice(NoticeKind.DRAINED, what);
    state.setDetail(what);
  }

  /**
   * A worker said that it can't go on. It is evicted; the run ends if it is the only worker and has
   * taken part in a committed step.
   */
  void failed(Member member, String message) {
    if (member.proven && state.members.size() == 1) {
      fail(
          "worker %s failed in generation %d at step %d: %s; it last did: %s; %s"
              .formatted(
                  member.describe(),
                  state.history.generation(),
                  state.committed(),
                  message,
                  member.activity,
                  advice(state.history)));
      return;
    }
    state.notice(
        member,
        NoticeLimit.Kind.FAILED,
        "worker %s can't take part: %s".formatted(member.describe(), message));
    memberships.lose(
        member, "it failed: " + message, Optional.of(new ToWorker.Stop(false, message, false)));
  }

  /** What to go on from, for the reason why a run ended. */
  static String advice(RunHistory history) {
    return history
        .newestCheckpoint()
        .map(checkpoint -> "continue from checkpoints/" + checkpoint.dir().getFileName())
        .orElse("no checkpoint was saved yet: start the run again");
  }

  private void finish(String reason) {
    state.enter(Transition.RUN_COMPLETED, reason);
    end(true, reason);
  }

  void fail(String reason) {
    if (state.phase.ended()) {
      return;
    }
    state.enter(Transition.RUN_FAILED, reason);
    end(false, reason);
  }

  private void end(boolean finished, String reason) {
    checkpoints.discardAll();
    ToWorker.Stop stop = new ToWorker.Stop(finished, reason, false);
    state.members.all().forEach(member -> state.send(member, stop));
    Optional<CommittedCheckpoint> newest = state.history.newestCheckpoint();
    boolean drained = finished && state.committed() < state.plan.totalSteps() && !hasStoppedEarly();
    RunOutcome outcome = new RunOutcome(finished, reason, state.committed(), newest, drained);
    state.journal(new JournalEntry.RunEnded(outcome));
    state.actions.add(new Action.EndRun(outcome));
  }
}
