package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CheckpointSchedule;
import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.Phase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints, one at a time. When all members stand still at a step that is to be saved, each is
 * asked to write what it owns, and the next steps are leased at once: the parts come in while
 * training goes on, also from members of an epoch that has ended. A checkpoint whose writer is lost
 * is abandoned, and another one is taken when all members stand still again; its folder is removed
 * when nobody writes to it any more.
 */
final class CheckpointCoordinator {
  private final RunState state;
  private final EvaluationCoordinator evaluations;
  private final List<PendingCheckpoint> abandoned = new ArrayList<>();
  private @Nullable PendingCheckpoint pending;

  /** An attempt was abandoned: the next comes before more steps are leased. */
  private boolean owed;

  CheckpointCoordinator(RunState state, EvaluationCoordinator evaluations) {
    this.state = state;
    this.evaluations = evaluations;
  }

  /** Whether the committed steps are saved, or all members were asked to save them. */
  boolean areSavedOrRequested() {
    PendingCheckpoint present = pending;
    return state.history.isSaved()
        || (present != null && present.isRequested() && present.steps() == state.committed());
  }

  /** Whether a checkpoint has been begun and is neither complete nor abandoned. */
  boolean isPending() {
    return pending != null;
  }

  /** The pending checkpoint, for messages. */
  String describePending() {
    PendingCheckpoint present = pending;
    return present == null ? "no checkpoint" : "the checkpoint at step " + present.steps();
  }

  /** The pending checkpoint, if there is one. */
  Optional<CheckpointAttempt> attempt() {
    return Optional.ofNullable(pending).map(PendingCheckpoint::attempt);
  }

  /** Workers whose part of the pending checkpoint is missing. */
  Set<Member.WorkerId> missing() {
    PendingCheckpoint present = pending;
    return present == null ? Set.of() : present.missing();
  }

  /** Whether the membership must not change, since a folder is being made for its files. */
  boolean isPreparing() {
    PendingCheckpoint present = pending;
    return present != null && !present.isRequested();
  }

  /** Whether no steps may be leased, because members are to stand still for a checkpoint. */
  boolean holdsBackLeases(MembershipEpoch epoch) {
    boolean outstanding = epoch.leasedUntil() > state.committed();
    return isPreparing()
        || isDue()
        || isSavingBest()
        || state.losesTooMany()
        || (owed && outstanding);
  }

  /** Whether this worker's part of the pending checkpoint is missing. */
  boolean awaits(Member member) {
    PendingCheckpoint present = pending;
    return present != null && present.awaits(member.id);
  }

  private boolean isDue() {
    boolean wanted =
        owed
            || state.losesTooMany()
            || state.plan.checkpoints().isDue(state.committed(), state.endAt())
            || isBest();
    return wanted && state.committed() > 0 && !areSavedOrRequested() && !evaluations.isDue();
  }

  /** Whether the committed steps were found the best, and the best are saved. */
  private boolean isBest() {
    CheckpointSchedule schedule = state.plan.checkpoints();
    if (!schedule.whenBetter() || state.history.evaluation(state.committed()).isEmpty()) {
      return false;
    }
    List<CommittedEvaluation> counted =
        state.history.evaluations().stream()
            .filter(each -> each.steps() >= schedule.delaySteps())
            .toList();
    return !counted.isEmpty()
        && counted.getLast().steps() == state.committed()
        && state.plan.evaluations().endsWithBest(counted);
  }

  /** Whether the best so far is being saved: were a writer lost later on, it couldn't be again. */
  private boolean isSavingBest() {
    PendingCheckpoint present = pending;
    return present != null && present.steps() == state.committed() && isBest();
  }

  /** Begins a checkpoint that is due, or waits for the one before; false if nothing changed. */
  boolean advance() {
    PendingCheckpoint present = pending;
    if (!state.standsStill()) {
      return false;
    }
    if (present != null && present.steps() == state.endAt()) {
      // The run may have been drained since this checkpoint was begun.
      return standStill("saving the checkpoint at step " + present.steps());
    }
    if (present != null && isSavingBest()) {
      return standStill(
          "saving the checkpoint at step %d, the best so far".formatted(present.steps()));
    }
    if (isPreparing()) {
      return false;
    }
    if (!isDue()) {
      owed = false;
      return false;
    }
    if (present != null) {
      return standStill("waiting for " + describePending() + " before the next one");
    }
    MembershipEpoch epoch = state.epoch;
    if (epoch == null) {
      return false;
    }
    if (state.committed() == state.endAt() || state.losesTooMany()) {
      standStill("saving the checkpoint at step " + state.committed());
    }
    owed = false;
    PendingCheckpoint next =
        new PendingCheckpoint(new CheckpointAttempt(state.committed(), epoch.generation()));
    pending = next;
    state.actions.add(new Action.PrepareCheckpoint(next.attempt()));
    return true;
  }

  private boolean standStill(String why) {
    if (state.phase == Phase.SAVING) {
      state.setDetail(why);
      return false;
    }
    state.enter(Transition.CHECKPOINT_AWAITED, why);
    return true;
  }

  // ---- answers of the disk

  void prepared(CheckpointAttempt attempt, Path dir) {
    PendingCheckpoint present = pending;
    MembershipEpoch epoch = state.epoch;
    if (present == null || !present.attempt().equals(attempt) || epoch == null) {
      state.actions.add(new Action.DiscardCheckpoint(attempt));
      return;
    }
    present.request(epoch.members());
    ToWorker.SaveCheckpoint save =
        new ToWorker.SaveCheckpoint(
            attempt.generation(), attempt.steps(), dir, state.history.skippedSteps());
    epoch.members().forEach(member -> state.send(member, save));
  }

  void committed(CheckpointAttempt attempt, CommittedCheckpoint checkpoint) {
    PendingCheckpoint present = pending;
    if (present == null || !present.attempt().equals(attempt)) {
      throw new IllegalStateException(
          "a committed checkpoint at step %d can't be: the run is %s"
              .formatted(attempt.steps(), state.describe()));
    }
    pending = null;
    state.journal(
        new JournalEntry.CheckpointCommitted(
            new CommittedCheckpoint(
                checkpoint.steps(),
                checkpoint.dir(),
                checkpoint.manifestSha256(),
                checkpoint.bytes(),
                checkpoint.steps() == state.endAt())));
    if (!present.isCertified()) {
      state.notice(
          NoticeKind.UNCERTIFIED,
          "the checkpoint at step %d is saved but UNCERTIFIED, why is said in its %s: gateways refuse it unless they are started with --allow-uncertified; the next one is certified again if it can be"
              .formatted(checkpoint.steps(), Event.CheckpointFile.UNCERTIFIED));
    }
    // Workers write one checkpoint after another: nobody writes to an older one any more.
    discardAbandoned();
  }

  // ---- parts

  void partWritten(Member member, Event.PartWritten part) {
    CheckpointAttempt attempt = new CheckpointAttempt(part.steps(), part.generation());
    PendingCheckpoint present = pending;
    if (present != null && present.attempt().equals(attempt)) {
      String what = "its part of the checkpoint at step " + part.steps();
      if (present.hasFrom(member.id)) {
        return;
      }
      state.require(present.awaits(member.id), member, what);
      present.add(member, part.files());
      member.activity = "wrote " + what;
      if (present.isComplete()) {
        state.actions.add(
            new Action.FinalizeCheckpoint(
                attempt, present.inPathOrder(), part.steps() == state.endAt()));
      }
      return;
    }
    // A part of a checkpoint that was abandoned, by this coordinator or by the one before it.
    abandoned.stream()
        .filter(each -> each.attempt().equals(attempt))
        .forEach(each -> each.forget(member.id));
    discardUnwritten();
  }

  /** A worker is lost, or its stream was, with what it was asked on it. */
  void writerLost(Member member) {
    PendingCheckpoint present = pending;
    if (present != null && present.awaits(member.id)) {
      abandon("%s was lost before its part was written".formatted(member.describe()));
    }
  }

  /** The epoch is over: a checkpoint whose parts were not asked for yet is abandoned. */
  void epochEnded() {
    if (isPreparing()) {
      abandon("the membership changed");
    }
  }

  /** The workers that reported these files of the pending checkpoint. */
  Set<Member.WorkerId> writers(List<String> paths) {
    PendingCheckpoint present = pending;
    return present == null ? Set.of() : present.writers(paths);
  }

  /** Gives up the pending checkpoint; another one is taken later. */
  void abandon(String why) {
    PendingCheckpoint present = pending;
    if (present == null) {
      return;
    }
    pending = null;
    owed = true;
    state.notice(
        NoticeKind.CHECKPOINT_GIVEN_UP,
        "the checkpoint at step %d is given up and taken again later: %s"
            .formatted(present.steps(), why));
    if (present.isRequested()) {
      abandoned.add(present);
      discardUnwritten();
    }
  }

  private void discardUnwritten() {
    abandoned.removeIf(each -> {
      if (each.isComplete()) {
        state.actions.add(new Action.DiscardCheckpoint(each.attempt()));
      }
      return each.isComplete();
    });
  }

  /** The run is over: folders of unfinished checkpoints are removed. */
  void discardAll() {
    PendingCheckpoint present = pending;
    pending = null;
    if (present != null) {
      state.actions.add(new Action.DiscardCheckpoint(present.attempt()));
    }
    discardAbandoned();
  }

  private void discardAbandoned() {
    abandoned.forEach(each -> state.actions.add(new Action.DiscardCheckpoint(each.attempt())));
    abandoned.clear();
  }
}
