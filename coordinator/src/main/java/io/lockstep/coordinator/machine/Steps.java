package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.UnreadableRecord;
import io.lockstep.coordinator.machine.EventException.ProtocolViolation;
import io.lockstep.coordinator.machine.EventException.RunFailure;
import io.lockstep.data.plan.Pace;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/**
 * Leases and commits. One step: every member sends REDUCED; the step is journaled, then COMMIT goes
 * to every member; each answers APPLIED. A member may reduce the next step as soon as it has
 * applied this one, within its lease.
 */
final class Steps {
  private final RunState state;
  private final CheckpointCoordinator checkpoints;
  private final EvaluationCoordinator evaluations;
  private final ReadmissionBackoff backoff;
  private final BiConsumer<Member, String> violations;
  private final Runnable committed;
  private final Throughput throughput = new Throughput();

  /**
   * @param violations called with a member that broke the protocol, and how it did
   * @param committed called after each committed step
   */
  Steps(
      RunState state,
      CheckpointCoordinator checkpoints,
      EvaluationCoordinator evaluations,
      ReadmissionBackoff backoff,
      BiConsumer<Member, String> violations,
      Runnable committed) {
    this.state = state;
    this.checkpoints = checkpoints;
    this.evaluations = evaluations;
    this.backoff = backoff;
    this.violations = violations;
    this.committed = committed;
  }

  double stepsPerSecond() {
    return throughput.stepsPerSecond();
  }

  /** Time to the run's last step, if anything is known of it. */
  Optional<Pace.Remaining> remaining() {
    return throughput.remaining(Math.max(0, state.plan.totalSteps() - state.committed()));
  }

  void reduced(Member member, Event.Reduced reduced) {
    String what = "REDUCED of step " + reduced.step();
    MembershipEpoch epoch = state.epoch;
    if (!state.isCurrent(member, what, reduced.generation()) || epoch == null) {
      return;
    }
    StepDecision.Report report =
        new StepDecision.Report(member.describe(), reduced.virtualRanks(), reduced.buckets());
    boolean saidAgain =
        reduced.step() < state.committed()
            ? reduced.step() <= member.reducedStep
            : report.equals(member.report);
    if (saidAgain) {
      return;
    }
    boolean inTurn =
        epoch.hasBegun()
            && member.role == Member.Role.MEMBER
            && reduced.step() == state.committed()
            && reduced.step() < epoch.leasedUntil()
            && member.report == null
            && member.appliedStep == state.committed() - 1;
    state.require(inTurn, member, what);
    requireSound(epoch, member, reduced, what);
    epoch.markReduced(member, report);
    member.holdings = member.holdings.stream().map(Holding::reduced).toList();
    member.reducedStep = reduced.step();
    member.activity = "reduced step " + reduced.step();
  }

  private void requireSound(
      MembershipEpoch epoch, Member member, Event.Reduced reduced, String what) {
    ReportCheck.problem(
            reduced, member.rank, epoch.size(), state.plan.virtualRanks(), state.history.buckets())
        .ifPresent(problem -> {
          throw new ProtocolViolation(
              "%s sent %s that can't be: %s".formatted(member.describe(), what, problem));
        });
    boolean finite =
        reduced.virtualRanks().stream().allMatch(result -> Double.isFinite(result.lossSum()))
            && reduced.buckets().stream().allMatch(bucket -> Double.isFinite(bucket.squareSum()));
    boolean newcomerAmongOthers =
        !member.proven && epoch.members().stream().anyMatch(m -> m.proven);
    if (!finite && newcomerAmongOthers && state.plan.maxNonFinite() == 0) {
      throw new ProtocolViolation(
          "%s sent %s with figures that are no numbers, the first that it ever sent"
              .formatted(member.describe(), what));
    }
  }

  void applied(Member member, Event.Applied applied) {
    String what = "APPLIED of step " + applied.step();
    MembershipEpoch epoch = state.epoch;
    if (!state.isCurrent(member, what, applied.generation()) || epoch == null) {
      return;
    }
    if (applied.step() >= epoch.firstStep() && applied.step() <= member.appliedStep) {
      return;
    }
    boolean inTurn =
        epoch.hasBegun()
            && member.role == Member.Role.MEMBER
            && applied.step() == state.committed() - 1
            && member.appliedStep == state.committed() - 2;
    state.require(inTurn, member, what);
    epoch.markApplied();
    member.holdings = member.holdings.stream().map(Holding::applied).toList();
    member.appliedStep = applied.step();
    member.activity = "applied step " + applied.step();
  }

  /** Decides the step that all members have reduced, or leases more; false if neither is due. */
  boolean advance() {
    MembershipEpoch epoch = state.epoch;
    if (epoch == null || !epoch.hasBegun()) {
      return false;
    }
    if (epoch.isReduced()) {
      decide(epoch);
      return true;
    }
    return epoch.endReason() == null && grantLease(epoch);
  }

  private void decide(MembershipEpoch epoch) {
    Optional<Member> outlier = disagrees(epoch);
    if (outlier.isPresent()) {
      violations.accept(
          outlier.get(),
          "%s reported other gradient buckets of step %d than the others: the workers disagree about the model"
              .formatted(outlier.get().describe(), state.committed()));
      return;
    }
    List<StepDecision.Report> reports = epoch.takeReports();
    switch (StepDecision.decide(
        epoch.generation(),
        state.committed(),
        state.plan.virtualRanks(),
        state.history.buckets(),
        reports)) {
      case StepDecision.Verdict.Rejected rejected -> throw new RunFailure(rejected.reason());
      case StepDecision.Verdict.NotFinite verdict -> skip(epoch, verdict);
      case StepDecision.Verdict.Committed verdict ->
          commit(epoch, verdict.step().after(state.history.skippedSteps()));
    }
  }

  /** Commits a step that changes nothing; too many in a row fail the run before the step counts. */
  private void skip(MembershipEpoch epoch, StepDecision.Verdict.NotFinite verdict) {
    int inARow = state.history.skippedInARow() + 1;
    int limit = state.plan.maxNonFinite();
    if (inARow > limit) {
      throw new RunFailure(NonFiniteSteps.tooMany(verdict, inARow, limit));
    }
    long all = state.history.skippedSteps() + 1;
    state.notice(NoticeKind.SKIPPED_STEP, NonFiniteSteps.notice(verdict, inARow, limit, all));
    CommittedStep step = verdict.step();
    commit(epoch, step.asSkipped(step.lossSum(), step.gradNorm(), all));
  }

  /**
   * A member that reported other buckets than most in the first step, before their number is known.
   */
  private Optional<Member> disagrees(MembershipEpoch epoch) {
    List<List<Event.BucketResult>> buckets = new ArrayList<>();
    List<Long> sessions = new ArrayList<>();
    int sum = 0;
    for (Member member : epoch.members()) {
      StepDecision.Report report = member.report;
      buckets.add(report == null ? List.of() : report.buckets());
      sessions.add(member.session);
      sum += buckets.getLast().size();
    }
    int count = state.history.buckets() > 0 ? state.history.buckets() : sum;
    if (count == 0 || areOwned(buckets, count)) {
      return Optional.empty();
    }
    int likely = ReportCheck.likelyBuckets(buckets, sessions);
    return epoch.members().stream()
        .filter(member ->
            likely > 0
                && !ReportCheck.owns(buckets.get(member.rank), member.rank, epoch.size(), likely))
        .findFirst();
  }

  private static boolean areOwned(List<List<Event.BucketResult>> buckets, int count) {
    for (int rank = 0; rank < buckets.size(); rank++) {
      if (!ReportCheck.owns(buckets.get(rank), rank, buckets.size(), count)) {
        return false;
      }
    }
    return true;
  }

  private void commit(MembershipEpoch epoch, CommittedStep step) {
    requireSameBits(step);
    requireFewUnreadable(step);
    state.journal(new JournalEntry.StepCommitted(step));
    state.justCommitted = true;
    throughput.committed(state.now, epoch.generation(), epoch.members().size());
    committed.run();
    for (Member member : epoch.members()) {
      if (!member.proven) {
        member.proven = true;
        backoff.proved(member);
      }
    }
    ToWorker.Commit commit = new ToWorker.Commit(step);
    epoch.members().forEach(member -> state.send(member, commit));
  }

  /** A step that is computed again has to give the same gradient as the first time. */
  private void requireSameBits(CommittedStep step) {
    OptionalInt before = state.history.digest(step.step());
    if (before.isPresent() && before.getAsInt() != step.digest()) {
      throw new RunFailure(
          ("step %d was computed again and its gradient differs: digest %08x, the first time %08x; the"
                  + " run isn't bit-exact: compare the workers' processors and libraries")
              .formatted(step.step(), step.digest(), before.getAsInt()));
    }
  }

  /**
   * Gives a notice for each unreadable record once; too many fail the run before the step counts.
   */
  private void requireFewUnreadable(CommittedStep step) {
    int count = state.history.unreadable().count();
    int limit = state.plan.maxUnreadable();
    for (UnreadableRecord record : state.history.unreadable().newOnes(step)) {
      count++;
      if (count > limit) {
        throw new RunFailure(UnreadableRecords.tooMany(step.step(), count, limit, record));
      }
      state.notice(
          NoticeKind.UNREADABLE,
          "step %d: another record took the place of one that can't be read (%d of at most %d): %s"
              .formatted(step.step(), count, limit, record.what()));
    }
  }

  private boolean grantLease(MembershipEpoch epoch) {
    if (evaluations.isDue() || checkpoints.holdsBackLeases(epoch)) {
      return false;
    }
    return LeasePlan.next(state.plan, state.committed(), epoch.leasedUntil(), state.endAt())
        .map(span -> {
          lease(epoch, span);
          return true;
        })
        .orElse(false);
  }

  private void lease(MembershipEpoch epoch, LeasePlan.Span span) {
    if (state.phase != Phase.TRAINING) {
      state.enter(Transition.STEPS_LEASED, "training");
    }
    epoch.lease(span.firstStep() + span.steps());
    state.journal(
        new JournalEntry.LeaseGranted(epoch.generation(), span.firstStep(), span.steps()));
    ToWorker.Lease lease = new ToWorker.Lease(epoch.generation(), span.firstStep(), span.steps());
    epoch.members().forEach(member -> state.send(member, lease));
  }
}
