package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import java.util.List;
import java.util.OptionalInt;

/**
 * Leases and commits. One step: every member sends REDUCED; the step is journaled, then COMMIT goes
 * to every member; each answers APPLIED. A member may reduce the next step as soon as it has
 * applied this one, within its lease.
 */
final class Steps {
  private final RunState state;
  private final Saves saves;
  private final BrokenLinks links;
  private final Throughput throughput = new Throughput();

  Steps(RunState state, Saves saves, BrokenLinks links) {
    this.state = state;
    this.saves = saves;
    this.links = links;
  }

  double stepsPerSecond() {
    return throughput.stepsPerSecond();
  }

  void reduced(Member member, Event.Reduced reduced) {
    String what = "REDUCED of step " + reduced.step();
    World world = state.world;
    if (!state.isCurrent(member, what, reduced.generation()) || world == null) {
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
    world.markReduced(
        member,
        new StepDecision.Report(member.describe(), reduced.virtualRanks(), reduced.buckets()));
    member.holdings = member.holdings.stream().map(Holding::reduced).toList();
    member.reducedStep = reduced.step();
    member.activity = "reduced step " + reduced.step();
  }

  void applied(Member member, Event.Applied applied) {
    String what = "APPLIED of step " + applied.step();
    World world = state.world;
    if (!state.isCurrent(member, what, applied.generation()) || world == null) {
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
    List<StepDecision.Report> reports = world.takeReports();
    switch (StepDecision.decide(
        world.number(),
        state.committed(),
        state.plan.virtualRanks(),
        state.history.buckets(),
        reports)) {
      case StepDecision.Verdict.Rejected rejected -> throw new ProtocolViolation(rejected.reason());
      case StepDecision.Verdict.Committed verdict -> commit(world, verdict.step());
    }
  }

  private void commit(World world, CommittedStep step) {
    requireSameBits(step);
    state.journal(new JournalEntry.StepCommitted(step));
    state.justCommitted = true;
    throughput.committed(state.now);
    links.stepCommitted();
    ToWorker.Commit commit = new ToWorker.Commit(step);
    world.members().forEach(member -> state.send(member, commit));
  }

  /** A step that is computed again has to give what it gave the first time. */
  private void requireSameBits(CommittedStep step) {
    OptionalInt before = state.history.digest(step.step());
    if (before.isPresent() && before.getAsInt() != step.digest()) {
      throw new ProtocolViolation(
          ("step %d was computed again and its gradient differs: digest %08x, the first time %08x; the"
                  + " run isn't bit-exact: compare the workers' processors and libraries")
              .formatted(step.step(), step.digest(), before.getAsInt()));
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
