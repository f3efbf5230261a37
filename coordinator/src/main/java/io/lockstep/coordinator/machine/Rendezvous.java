package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.Numerics;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Forms a membership epoch out of the workers that are there: waits for the {@link Quorum}, plans
 * who takes part and who hands over which shard ({@link MembershipPlan}), and goes back to a
 * checkpoint if the workers together don't hold the whole state.
 */
final class Rendezvous {
  private final RunState state;
  private final CheckpointCoordinator checkpoints;
  private final Quorum quorum;
  private final ReadmissionBackoff backoff;

  /** Names of workers lost since steps were last computed, for messages. */
  private final List<String> lost = new ArrayList<>();

  /** What the disk answered; void once an epoch was formed or a newer checkpoint is committed. */
  private Event.@Nullable CheckpointChosen choice;

  private boolean choosing;

  /** What the epoch before exchanged tensors over. */
  private @Nullable TransportChoice told;

  Rendezvous(
      RunState state,
      CheckpointCoordinator checkpoints,
      Quorum quorum,
      ReadmissionBackoff backoff) {
    this.state = state;
    this.checkpoints = checkpoints;
    this.quorum = quorum;
    this.backoff = backoff;
  }

  // ---- what it hears

  /** A worker that took part, or was there before the first epoch, is lost. */
  void lost(Member member) {
    lost.add(member.name());
  }

  /** An epoch of this size ended because a worker was lost. */
  void epochShrank(int size) {
    quorum.awaitReplacement(size, lost);
  }

  /** Steps are computed again. */
  void epochBegan() {
    lost.clear();
  }

  /** The disk's answer to {@link Action.ChooseCheckpoint}. */
  void chosen(Event.CheckpointChosen answer) {
    choosing = false;
    choice = answer;
    answer.problems().forEach(text -> state.notice(NoticeKind.DAMAGED_CHECKPOINT, text));
  }

  /** Whether the disk is asked for a checkpoint to go back to. */
  boolean isChoosing() {
    return choosing;
  }

  /** A newer checkpoint is committed: the disk has to be asked again. */
  void forgetChoice() {
    choice = null;
  }

  // ---- forming

  /** Forms the next epoch; false while workers or a checkpoint are waited for. */
  boolean form() {
    Optional<String> missing = quorum.missing();
    if (missing.isPresent()) {
      state.await(missing.get());
      return false;
    }
    RunHistory history = state.history;
    MembershipPlan.Stock stock =
        new MembershipPlan.Stock(
            state.members.all(),
            history.committed(),
            history.buckets(),
            history.lastStep().isPresent());
    MembershipPlan plan = MembershipPlan.of(stock, mostMembers());
    if (plan.complete()) {
      formEpoch(plan, Optional.empty());
      return true;
    }
    Optional<CommittedCheckpoint> source = fallBack();
    if (choice == null) {
      return false;
    }
    rewind(source);
    formEpoch(plan, source);
    return true;
  }

  /** Most members: newcomers are left out while they have to wait and others are enough. */
  private int mostMembers() {
    int most = state.plan.membership().maxWorkers();
    if (backoff.admitsNewcomers(state.now)) {
      return most;
    }
    long proven =
        state.members.all().stream()
            .filter(member -> member.proven && member.isAvailable())
            .count();
    return proven < state.plan.membership().minWorkers()
        ? most
        : (int) Math.min(most, Math.max(proven, 1));
  }

  /**
   * The checkpoint to go on from, empty for the base model; means nothing before {@link #choice} is
   * there. Waits for a checkpoint that is being written, then asks the disk.
   */
  private Optional<CommittedCheckpoint> fallBack() {
    if (checkpoints.isPending()) {
      state.await("some of the state is lost: waiting for " + checkpoints.describePending());
      return Optional.empty();
    }
    Event.CheckpointChosen answer = choice;
    if (answer != null) {
      return answer.chosen();
    }
    state.await("some of the state is lost: looking for a checkpoint");
    if (!choosing) {
      choosing = true;
      state.actions.add(new Action.ChooseCheckpoint(state.history.checkpoints().reversed()));
    }
    return Optional.empty();
  }

  private void rewind(Optional<CommittedCheckpoint> source) {
    long committed = state.committed();
    long steps = source.map(CommittedCheckpoint::steps).orElse(0L);
    String who = lost.isEmpty() ? "nobody holds all of it" : "lost: " + MembershipEpoch.names(lost);
    String reason =
        "the state after step %d can't be put together from what %d workers hold (%s)"
            .formatted(committed, state.members.size(), who);
    String from = source.map(each -> each.dir().toString()).orElse("the base model");
    state.notice(
        NoticeKind.RESTORED,
        steps == committed
            ? "%s: all load %s, no step is lost".formatted(reason, from)
            : "%s: %d committed steps, %d to %d, are computed again from %s"
                .formatted(reason, committed - steps, steps, committed - 1, from));
    if (steps < committed) {
      state.journal(new JournalEntry.Rewound(committed, steps, reason));
    }
  }

  private void formEpoch(MembershipPlan plan, Optional<CommittedCheckpoint> source) {
    RunHistory history = state.history;
    long generation = history.generation() + 1;
    long nextStep = history.committed();
    List<Membership.Participant> members =
        plan.members().stream().map(Member::asParticipant).toList();
    List<Member> participants = new ArrayList<>(plan.members());
    participants.addAll(plan.departing());
    TransportChoice transport = TransportChoice.of(state.plan.collective(), participants);
    if (transport.isNews(participants) && !transport.equals(told)) {
      state.notice(
          NoticeKind.MEMBERSHIP,
          "generation %d exchanges tensors over %s: %s"
              .formatted(generation, transport.transport(), transport.why()));
    }
    told = transport;
    Membership membership =
        new Membership(
            generation,
            members,
            plan.departing().stream().map(Member::asParticipant).toList(),
            nextStep,
            source.map(CommittedCheckpoint::dir),
            plan.holders(),
            plan.holders().isEmpty() ? Optional.empty() : history.lastStep(),
            history.lastEvaluation(),
            transport);
    fixNumerics(plan.members().getFirst());
    state.journal(new JournalEntry.MembershipFormed(generation, nextStep, members));
    MembershipEpoch epoch =
        new MembershipEpoch(generation, nextStep, state.now, plan.members(), plan.departing());
    state.epoch = epoch;
    choice = null;
    quorum.epochFormed();
    List<List<Holding>> kept =
        MembershipPlan.kept(plan.holders(), plan.members().size() + plan.departing().size());
    int rank = 0;
    for (Member member : plan.members()) {
      member.enter(Member.Role.MEMBER, rank, nextStep, kept.get(rank));
      rank++;
    }
    for (Member member : plan.departing()) {
      member.enter(Member.Role.DEPARTING, rank, nextStep, kept.get(rank));
      rank++;
    }
    epoch.forEach(
        member -> state.send(member, new ToWorker.NewMembership(membership, member.rank)));
    state.enter(
        Transition.EPOCH_FORMED,
        "generation %d: %d workers connect and go on from step %d"
            .formatted(generation, members.size(), nextStep));
  }

  /** The first member's numerics become the run's, as far as the run has none yet. */
  private void fixNumerics(Member first) {
    Numerics all = state.history.numerics().completedBy(first.numerics);
    if (!all.equals(state.history.numerics())) {
      state.journal(new JournalEntry.NumericsFixed(all));
    }
  }
}
