package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.UnreadableRecord;
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
  private final Saves saves;
  private final BrokenLinks links;
  private final Probation probation;
  private final BiConsumer<Member, String> violations;
  private final Runnable committed;
  private final Throughput throughput = new Throughput();

  /**
   * @param violations what becomes of a member that broke the protocol, and how it did
   * @param committed hears of each committed step
   */
  Steps(
      RunState state,
      Saves saves,
      BrokenLinks links,
      Probation probation,
      BiConsumer<Member, String> violations,
      Runnable committed) {
    this.state = state;
    this.saves = saves;
    this.links = links;
    this.probation = probation;
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
    World world = state.world;
    if (!state.isCurrent(member, what, reduced.generation()) || world == null) {
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
        world.hasBegun()
            && member.place == Member.Place.MEMBER
            && reduced.step() == state.committed()
            && reduced.step() < world.leasedUntil()
            && member.report == null
            && member.appliedStep == state.committed() - 1;
    state.require(inTurn, member, what);
    requireSound(world, member, reduced, what);
    world.markReduced(member, report);
    member.holdings = member.holdings.stream().map(Holding::reduced).toList();
    member.reducedStep = reduced.step();
    member.activity = "reduced step " + reduced.step();
  }

  private void requireSound(World world, Member member, Event.Reduced reduced, String what) {
    Shares.problem(
            reduced, member.rank, world.size(), state.plan.virtualRanks(), state.history.buckets())
        .ifPresent(problem -> {
          throw new ProtocolViolation(
              "%s sent %s that can't be: %s".formatted(member.describe(), what, problem));
        });
    boolean finite =
        reduced.virtualRanks().stream().allMatch(result -> Double.isFinite(result.lossSum()))
            && reduced.buckets().stream().allMatch(bucket -> Double.isFinite(bucket.squareSum()));
    boolean othersKnowBetter = !member.proven && world.members().stream().anyMatch(m -> m.proven);
    if (!finite && othersKnowBetter) {
      throw new ProtocolViolation(
          "%s sent %s with figures that are no numbers, the first that it ever sent"
              .formatted(member.describe(), what));
    }
  }

  void applied(Member member, Event.Applied applied) {
    String what = "APPLIED of step " + applied.step();
    World world = state.world;
    if (!state.isCurrent(member, what, applied.generation()) || world == null) {
      return;
    }
    if (applied.step() >= world.firstStep() && applied.step() <= member.appliedStep) {
      return;
    }
    boolean inTurn =
        world.hasBegun()
            && member.place == Member.Place.MEMBER
            && applied.step() == state.committed() - 1
            && member.appliedStep == state.committed() - 2;
    state.require(inTurn, member, what);
    world.markApplied();
    member.holdings = member.holdings.stream().map(Holding::applied).toList();
    member.appliedStep = applied.step();
    member.activity = "applied step " + applied.step();
  }

  /** Decides the step under way, or hands out more; false if neither is due. */
  boolean advance() {
    World world = state.world;
    if (world == null || !world.hasBegun()) {
      return false;
    }
    if (world.isReduced()) {
      decide(world);
      return true;
    }
    return world.end() == null && grantLease(world);
  }

  private void decide(World world) {
    Optional<Member> stranger = disagrees(world);
    if (stranger.isPresent()) {
      violations.accept(
          stranger.get(),
          "%s reported other gradient buckets of step %d than the others: the workers disagree about the model"
              .formatted(stranger.get().describe(), state.committed()));
      return;
    }
    List<StepDecision.Report> reports = world.takeReports();
    switch (StepDecision.decide(
        world.number(),
        state.committed(),
        state.plan.virtualRanks(),
        state.history.buckets(),
        reports)) {
      case StepDecision.Verdict.Rejected rejected -> throw new RunFailure(rejected.reason());
      case StepDecision.Verdict.Committed verdict -> commit(world, verdict.step());
    }
  }

  /** Who reported other buckets than most in the first step, before anybody knows their number. */
  private Optional<Member> disagrees(World world) {
    List<List<Event.BucketResult>> buckets = new ArrayList<>();
    List<Long> sessions = new ArrayList<>();
    int sum = 0;
    for (Member member : world.members()) {
      StepDecision.Report report = member.report;
      buckets.add(report == null ? List.of() : report.buckets());
      sessions.add(member.session);
      sum += buckets.getLast().size();
    }
    int count = state.history.buckets() > 0 ? state.history.buckets() : sum;
    if (count == 0 || areOwned(buckets, count)) {
      return Optional.empty();
    }
    int likely = Shares.likelyBuckets(buckets, sessions);
    return world.members().stream()
        .filter(member ->
            likely > 0 && !Shares.owns(buckets.get(member.rank), member.rank, world.size(), likely))
        .findFirst();
  }

  private static boolean areOwned(List<List<Event.BucketResult>> buckets, int count) {
    for (int rank = 0; rank < buckets.size(); rank++) {
      if (!Shares.owns(buckets.get(rank), rank, buckets.size(), count)) {
        return false;
      }
    }
    return true;
  }

  private void commit(World world, CommittedStep step) {
    requireSameBits(step);
    requireFewUnreadable(step);
    state.journal(new JournalEntry.StepCommitted(step));
    state.justCommitted = true;
    throughput.committed(state.now, world.number(), world.members().size());
    links.stepCommitted();
    committed.run();
    for (Member member : world.members()) {
      if (!member.proven) {
        member.proven = true;
        probation.proved(member);
      }
    }
    ToWorker.Commit commit = new ToWorker.Commit(step);
    world.members().forEach(member -> state.send(member, commit));
  }

  /** A step that is computed again has to give what it gave the first time. */
  private void requireSameBits(CommittedStep step) {
    OptionalInt before = state.history.digest(step.step());
    if (before.isPresent() && before.getAsInt() != step.digest()) {
      throw new RunFailure(
          ("step %d was computed again and its gradient differs: digest %08x, the first time %08x; the"
                  + " run isn't bit-exact: compare the workers' processors and libraries")
              .formatted(step.step(), step.digest(), before.getAsInt()));
    }
  }

  /** Names each record that can't be read once; too many end the run, before the step counts. */
  private void requireFewUnreadable(CommittedStep step) {
    int count = state.history.unreadable().count();
    int limit = state.plan.maxUnreadable();
    for (UnreadableRecord record : state.history.unreadable().newOnes(step)) {
      count++;
      if (count > limit) {
        throw new RunFailure(UnreadableRecords.tooMany(step.step(), count, limit, record));
      }
      state.notice(
          "step %d: another record took the place of one that can't be read (%d of at most %d): %s"
              .formatted(step.step(), count, limit, record.what()));
    }
  }

  private boolean grantLease(World world) {
    if (saves.holdsBackLeases(world)) {
      return false;
    }
    return LeasePlan.next(
            state.plan.leaseSteps(), state.committed(), world.leasedUntil(), state.savePoints())
        .map(span -> {
          lease(world, span);
          return true;
        })
        .orElse(false);
  }

  private void lease(World world, LeasePlan.Span span) {
    if (state.phase != Phase.TRAINING) {
      state.enter(Phase.TRAINING, "training");
    }
    world.lease(span.firstStep() + span.steps());
    state.journal(new JournalEntry.LeaseGranted(world.number(), span.firstStep(), span.steps()));
    ToWorker.Lease lease = new ToWorker.Lease(world.number(), span.firstStep(), span.steps());
    world.members().forEach(member -> state.send(member, lease));
  }
}
