package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a run does next. Holds the run's state, touches nothing else: the same events at the
 * same times give the same actions. Confined to one thread. The phases and their legal order are in
 * {@link Phase}.
 *
 * <p>One step: every member sends REDUCED; the step is journaled, then COMMIT goes to every member;
 * each answers APPLIED. A member may reduce the next step as soon as it has applied this one,
 * within its lease. A lease ends where a checkpoint is due, so that all stand still there.
 *
 * <p>A worker that breaks the protocol, fails or is lost ends the run, and every other worker is
 * told so.
 */
public final class RunMachine {

  private final RunPlan plan;
  private final Membership members = new Membership();
  private final Liveness liveness;
  private final Throughput throughput = new Throughput();
  private final List<Action> actions = new ArrayList<>();

  private Phase phase = Phase.WAITING;
  private String detail;
  private long generation;
  private long committed;
  private long leasedUntil;
  private long endAt;
  private @Nullable CommittedStep lastStep;
  private @Nullable CommittedCheckpoint lastCheckpoint;
  private @Nullable PendingCheckpoint pending;

  /** A run that waits for its workers. */
  public RunMachine(RunPlan plan) {
    this.plan = plan;
    this.liveness = new Liveness(plan.heartbeatTimeout().toMillis());
    this.endAt = plan.totalSteps();
    this.detail = waitingDetail();
  }

  /**
   * Answers an event.
   *
   * @param now milliseconds of a clock that never runs backwards
   * @return what is to be done, in this order
   * @throws IllegalStateException if the event is impossible in this state whatever workers do
   */
  public List<Action> handle(Event event, long now) {
    actions.clear();
    try {
      switch (event) {
        case Event.Joined joined -> join(joined, now);
        case Event.FromWorker said -> hear(said, now);
        case Event.Tick _ -> tick(now);
        case Event.DrainRequested _ -> drain();
        case Event.Aborted aborted -> fail(aborted.reason());
        case Event.CheckpointPrepared prepared -> startSaving(prepared);
        case Event.CheckpointCommitted done -> checkpointCommitted(done.checkpoint());
        case Event.CheckpointFailed failed -> fail(failed.problem());
      }
    } catch (ProtocolViolation violation) {
      fail(violation.reason());
    }
    return List.copyOf(actions);
  }

  /** Steps after which the run ends: all of them, or fewer once it is drained. */
  public long endAt() {
    return endAt;
  }

  /** Whether nothing will be decided any more. */
  public boolean ended() {
    return phase.ended();
  }

  /** The rate over the last commits. */
  public double stepsPerSecond() {
    return throughput.stepsPerSecond();
  }

  /** The run at this moment. */
  public RunStatus status(long now) {
    return new RunStatus(
        plan.name(),
        phase,
        detail,
        generation,
        committed,
        plan.totalSteps(),
        lastStep == null ? 0 : lastStep.meanLoss(),
        throughput.stepsPerSecond(),
        members.inOrder().stream().map(member -> member.status(now)).toList());
  }

  // ---- membership

  private void join(Event.Joined joined, long now) {
    Optional<String> refusal = Admission.refusal(joined, phase, detail, members, plan);
    if (refusal.isPresent()) {
      actions.add(new Action.Notice("refused " + joined.name() + ": " + refusal.get()));
      actions.add(
          new Action.Send(
              joined.session(), new ToWorker.Stop(phase == Phase.FINISHED, refusal.get())));
      return;
    }
    Member member = new Member(joined, now);
    members.add(member);
    send(member, new ToWorker.Welcome(plan.runConfigYaml(), plan.heartbeatInterval().toMillis()));
    detail = waitingDetail();
    actions.add(
        new Action.Notice(
            "%s joined, %d of %d workers".formatted(member.name, members.size(), plan.workers())));
    if (members.size() == plan.workers()) {
      formWorld();
    }
  }

  private void formWorld() {
    members.assignRanks();
    generation++;
    List<WorldMember> world = members.asWorld();
    journal(new JournalEntry.WorldFormed(generation, committed, world));
    List<String> capabilities = members.capabilities();
    if (capabilities.size() > 1) {
      actions.add(
          new Action.Notice(
              "the workers' processors or libraries differ ("
                  + String.join(" / ", capabilities)
                  + "): the weights may differ in bits from those of a uniform world"));
    }
    members.forEach(
        member -> send(member, new ToWorker.World(generation, member.rank, world, committed)));
    enter(Phase.FORMING, "%d workers connect and load".formatted(members.size()));
  }

  private void hear(Event.FromWorker said, long now) {
    Member member = members.bySession(said.session());
    if (phase.ended() || member == null) {
      return;
    }
    member.lastSeen = now;
    switch (said) {
      case Event.Heartbeat heartbeat -> member.activity = heartbeat.activity();
      case Event.Telemetry _ -> {}
      case Event.Ready ready -> ready(member, ready);
      case Event.Reduced reduced -> reduced(member, reduced, now);
      case Event.Applied applied -> applied(member, applied);
      case Event.PartWritten part -> partWritten(member, part);
      case Event.Failed failed -> failed(member, failed.message(), now);
      case Event.Lost lost -> lost(member, lost.how());
    }
  }

  /**
   * Whether a message belongs to the present generation; an older one's is void.
   *
   * @throws ProtocolViolation for a generation that doesn't exist yet
   */
  private boolean isCurrent(Member member, String what, long theirs) {
    if (theirs > generation) {
      throw new ProtocolViolation(
          "%s sent %s of generation %d, the world is at %d"
              .formatted(member.describe(), what, theirs, generation));
    }
    if (theirs < generation) {
      actions.add(
          new Action.Notice(
              "refused %s of generation %d from %s: the world is at %d"
                  .formatted(what, theirs, member.describe(), generation)));
    }
    return theirs == generation;
  }

  private void require(boolean holds, Member member, String what) {
    if (!holds) {
      throw new ProtocolViolation(
          "%s sent %s out of turn; it last did: %s; the run was %s"
              .formatted(member.describe(), what, member.activity, describe()));
    }
  }

  private void ready(Member member, Event.Ready ready) {
    if (!isCurrent(member, "READY", ready.generation())) {
      return;
    }
    require(phase == Phase.FORMING && !member.ready, member, "READY");
    member.ready = true;
    member.activity = "ready";
    if (members.all(each -> each.ready)) {
      enter(Phase.TRAINING, "training");
      grantLease();
    } else {
      detail = "waiting for " + members.missing(each -> each.ready) + " to connect and load";
    }
  }

  // ---- steps

  private void grantLease() {
    LeasePlan.next(plan, committed, leasedUntil, endAt)
        .ifPresent(span -> {
          leasedUntil = span.firstStep() + span.steps();
          journal(new JournalEntry.LeaseGranted(generation, span.firstStep(), span.steps()));
          members.forEach(member ->
              send(member, new ToWorker.Lease(generation, span.firstStep(), span.steps())));
        });
  }

  private void reduced(Member member, Event.Reduced reduced, long now) {
    String what = "REDUCED of step " + reduced.step();
    if (!isCurrent(member, what, reduced.generation())) {
      return;
    }
    boolean inTurn =
        phase == Phase.TRAINING
            && reduced.step() == committed
            && reduced.step() < leasedUntil
            && member.report == null
            && member.appliedStep == committed - 1;
    require(inTurn, member, what);
    member.report =
        new StepDecision.Report(member.describe(), reduced.virtualRanks(), reduced.buckets());
    member.reducedStep = reduced.step();
    member.activity = "reduced step " + reduced.step();
    if (members.all(each -> each.report != null)) {
      decideStep(now);
    }
  }

  private void decideStep(long now) {
    List<StepDecision.Report> reports = new ArrayList<>();
    for (Member member : members.inOrder()) {
      if (member.report != null) {
        reports.add(member.report);
      }
      member.report = null;
    }
    int knownBuckets = lastStep == null ? 0 : lastStep.buckets();
    switch (StepDecision.decide(
        generation, committed, plan.virtualRanks(), knownBuckets, reports)) {
      case StepDecision.Verdict.Rejected rejected -> fail(rejected.reason());
      case StepDecision.Verdict.Committed verdict -> commit(verdict.step(), now);
    }
  }

  private void commit(CommittedStep step, long now) {
    committed++;
    lastStep = step;
    throughput.committed(now);
    journal(new JournalEntry.StepCommitted(step));
    members.forEach(member -> send(member, new ToWorker.Commit(step)));
    if (!LeasePlan.isSavePoint(plan, committed, endAt)) {
      grantLease();
    }
  }

  private void applied(Member member, Event.Applied applied) {
    String what = "APPLIED of step " + applied.step();
    if (!isCurrent(member, what, applied.generation())) {
      return;
    }
    boolean inTurn =
        phase == Phase.TRAINING
            && applied.step() == committed - 1
            && member.appliedStep == committed - 2;
    require(inTurn, member, what);
    member.appliedStep = applied.step();
    member.activity = "applied step " + applied.step();
    boolean due = LeasePlan.isSavePoint(plan, committed, endAt);
    if (due && members.all(each -> each.appliedStep == committed - 1)) {
      enter(Phase.SAVING, "saving the checkpoint at step " + committed);
      pending = new PendingCheckpoint(committed);
      actions.add(new Action.PrepareCheckpoint(committed));
    }
  }

  // ---- checkpoints

  private PendingCheckpoint saving(long steps, String event) {
    PendingCheckpoint checkpoint = pending;
    if (phase != Phase.SAVING || checkpoint == null || checkpoint.steps() != steps) {
      throw new IllegalStateException(
          event + " at step " + steps + " can't be: the run is " + describe());
    }
    return checkpoint;
  }

  private void startSaving(Event.CheckpointPrepared prepared) {
    saving(prepared.steps(), "a prepared checkpoint");
    members.forEach(member -> {
      member.partWritten = false;
      send(member, new ToWorker.SaveCheckpoint(generation, prepared.steps(), prepared.dir()));
    });
  }

  private void partWritten(Member member, Event.PartWritten part) {
    String what = "its part of the checkpoint at step " + part.steps();
    if (!isCurrent(member, what, part.generation())) {
      return;
    }
    PendingCheckpoint checkpoint = pending;
    require(
        phase == Phase.SAVING
            && checkpoint != null
            && checkpoint.steps() == part.steps()
            && !member.partWritten,
        member,
        what);
    saving(part.steps(), what).add(member.describe(), part.files());
    member.partWritten = true;
    member.activity = "wrote " + what;
    if (members.all(each -> each.partWritten)) {
      actions.add(
          new Action.FinalizeCheckpoint(
              committed, saving(part.steps(), what).inPathOrder(), committed == endAt));
    }
  }

  private void checkpointCommitted(CommittedCheckpoint checkpoint) {
    saving(checkpoint.steps(), "a committed checkpoint");
    pending = null;
    lastCheckpoint = checkpoint;
    journal(new JournalEntry.CheckpointCommitted(checkpoint));
    if (committed == endAt) {
      finish(
          committed == plan.totalSteps()
              ? "all " + committed + " steps are done"
              : "drained after step " + committed + " of " + plan.totalSteps());
    } else {
      enter(Phase.TRAINING, "training");
      grantLease();
    }
  }

  // ---- ends

  private void drain() {
    switch (phase) {
      case WAITING, FORMING -> {
        endAt = committed;
        finish("drained before the first step; nothing was saved");
      }
      case TRAINING -> {
        endAt = Math.min(endAt, leasedUntil);
        detail = "draining: ends with a checkpoint after step " + endAt;
      }
      case SAVING -> endAt = committed;
      case FINISHED, FAILED -> {}
    }
  }

  private void tick(long now) {
    if (phase.ended()) {
      return;
    }
    if (liveness.wasPaused(now)) {
      actions.add(
          new Action.Notice(
              "the coordinator itself stood still; the silence of workers is counted from now"));
      members.forEach(member -> member.lastSeen = now);
    }
    Member silent = members.first(member -> liveness.isSilent(member, now));
    if (silent != null) {
      lost(silent, liveness.describeSilence(silent, now));
    } else {
      liveness.confirmed(now).ifPresent(this::failBecauseOf);
    }
  }

  private void failed(Member member, String message, long now) {
    member.failure = message;
    Liveness.Suspicion first = liveness.suspect(member, message, now);
    boolean nobodyElse = members.all(each -> each.failure != null);
    if (phase == Phase.WAITING || nobodyElse) {
      failBecauseOf(first);
    }
  }

  private void failBecauseOf(Liveness.Suspicion suspicion) {
    fail(EndReasons.failed(place(suspicion.member()), suspicion.message()));
  }

  private void lost(Member member, String how) {
    if (member.failure != null) {
      // Its failure is known and about to decide.
      return;
    }
    if (phase == Phase.WAITING) {
      members.remove(member);
      detail = waitingDetail();
      actions.add(new Action.Notice(member.name + " left before the start: " + how));
      send(member, new ToWorker.Stop(false, how));
      return;
    }
    fail(EndReasons.lost(place(member), how, liveness.suspicion()));
  }

  private EndReasons.Place place(Member member) {
    return new EndReasons.Place(
        member.describe(),
        member.activity,
        generation,
        committed,
        Optional.ofNullable(lastCheckpoint).map(CommittedCheckpoint::dir));
  }

  private void finish(String reason) {
    enter(Phase.FINISHED, reason);
    end(true, reason);
  }

  private void fail(String reason) {
    if (phase.ended()) {
      return;
    }
    PendingCheckpoint unfinished = pending;
    pending = null;
    enter(Phase.FAILED, reason);
    if (unfinished != null) {
      actions.add(new Action.DiscardCheckpoint(unfinished.steps()));
    }
    end(false, reason);
  }

  private void end(boolean finished, String reason) {
    members.forEach(member -> send(member, new ToWorker.Stop(finished, reason)));
    RunOutcome outcome =
        new RunOutcome(finished, reason, committed, Optional.ofNullable(lastCheckpoint));
    journal(new JournalEntry.RunEnded(outcome));
    actions.add(new Action.EndRun(outcome));
  }

  // ---- helpers

  private void enter(Phase next, String why) {
    phase = next(phase, next, describe());
    detail = why;
    actions.add(new Action.ChangePhase(next, why));
  }

  /** The next phase, if the order allows it; {@code state} is quoted otherwise. */
  static Phase next(Phase from, Phase to, String state) {
    if (!from.successors().contains(to)) {
      throw new IllegalStateException(
          "%s can't follow %s, only %s; the run is %s"
              .formatted(to, from, from.successors(), state));
    }
    return to;
  }

  private void send(Member member, ToWorker message) {
    actions.add(new Action.Send(member.session, message));
  }

  private void journal(JournalEntry entry) {
    actions.add(new Action.Journal(entry));
  }

  private String waitingDetail() {
    return "waiting for workers: %d of %d have joined".formatted(members.size(), plan.workers());
  }

  /** The state in one line, for messages. */
  private String describe() {
    return "%s (generation %d, %d steps committed, leased up to %d, ends at %d)"
        .formatted(phase, generation, committed, leasedUntil, endAt);
  }
}
