package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.NoticeKind;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.machine.EventException.ProtocolViolation;
import io.lockstep.coordinator.machine.EventException.RunFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what a run does next. Holds the run's state, touches nothing else: the same events at the
 * same times give the same actions. Confined to one thread.
 *
 * <p>An event first changes what is known; then transitions follow one another until none is due:
 * {@link MembershipCoordinator} with {@link Rendezvous}, {@link EvaluationCoordinator}, {@link
 * Steps}, {@link CheckpointCoordinator}, {@link Termination}. Each is triggered as {@link
 * Transition} tells, and leads from the phase above to the phase in its row:
 *
 * <pre>
 *                     WAITING   FORMING   TRAINING  SAVING
 * EPOCH_FORMED        FORMING   FORMING   FORMING   FORMING
 * EPOCH_READY         -         TRAINING  -         -
 * QUORUM_LOST         -         WAITING   WAITING   WAITING
 * CHECKPOINT_AWAITED  -         -         SAVING    -
 * STEPS_LEASED        -         -         -         TRAINING
 * RUN_COMPLETED       FINISHED  FINISHED  -         FINISHED
 * RUN_FAILED          FAILED    FAILED    FAILED    FAILED
 * </pre>
 *
 * <p>What a worker's loss, leave or return leads to is in docs/elasticity.md. What has to outlive
 * the coordinator is in {@link RunHistory} alone, which the journal can rebuild.
 *
 * <p>A worker that breaks the protocol or says that it can't go on is evicted, and the run goes on
 * without it. A message that comes twice counts once, one of an older generation is void, and every
 * wait has a timeout ({@link Deadlines}).
 */
public final class RunMachine {

  /** Silence of the coordinator, in heartbeat timeouts, after which a worker looks for it again. */
  private static final int SILENCE_TIMEOUTS = 3;

  private final RunState state;
  private final EvaluationCoordinator evaluations;
  private final CheckpointCoordinator checkpoints;
  private final Rendezvous rendezvous;
  private final MembershipCoordinator memberships;
  private final Steps steps;
  private final Termination termination;
  private final Liveness liveness;
  private final Stalls stalls;
  private final Deadlines deadlines;
  private final ReadmissionBackoff backoff = new ReadmissionBackoff();

  /** A run as its journal left it; a new one with an empty history. */
  public RunMachine(RunPlan plan, RunHistory history) {
    state = new RunState(plan, history);
    evaluations = new EvaluationCoordinator(state);
    checkpoints = new CheckpointCoordinator(state, evaluations);
    Quorum quorum = new Quorum(state);
    rendezvous = new Rendezvous(state, checkpoints, quorum, backoff);
    memberships = new MembershipCoordinator(state, checkpoints, evaluations, rendezvous, backoff);
    stalls = new Stalls(state);
    deadlines =
        new Deadlines(state, checkpoints, evaluations, memberships, rendezvous, stalls, backoff);
    steps = new Steps(state, checkpoints, evaluations, backoff, this::evict, this::stepCommitted);
    liveness = new Liveness(plan.membership().heartbeatTimeout().toMillis());
    termination = new Termination(state, checkpoints, memberships, quorum);
    state.setDetail("waiting for workers");
    deadlines.observe();
  }

  /**
   * Answers an event.
   *
   * @param now milliseconds of a clock that never runs backwards
   * @return what is to be done, in this order
   * @throws IllegalStateException if the event is impossible in this state whatever workers do
   */
  public List<Action> handle(Event event, long now) {
    state.now = now;
    state.justCommitted = false;
    state.actions.clear();
    if (ended() && !(event instanceof Event.Joined)) {
      return List.of();
    }
    try {
      learn(event);
      advance();
    } catch (RunFailure failure) {
      termination.fail(failure.reason());
    }
    deadlines.observe();
    return List.copyOf(state.actions);
  }

  /** Steps after which the run ends: all, or fewer once it is drained or evaluations end it. */
  public long endAt() {
    return state.endAt();
  }

  /** How often each kind of thing has happened that people are told of. */
  public Map<NoticeKind, Long> notices() {
    return Map.copyOf(state.notices);
  }

  /** Whether the run has finished or failed. */
  public boolean ended() {
    return state.phase.ended();
  }

  /** Steps per second, smoothed, without the pauses between epochs; 0 while none is known. */
  public double stepsPerSecond() {
    return steps.stepsPerSecond();
  }

  /** The run's status. */
  public RunStatus status(long now) {
    List<Member> byRank = new ArrayList<>(state.members.all());
    byRank.sort(
        Comparator.comparingInt(member -> member.rank < 0 ? Integer.MAX_VALUE : member.rank));
    return new RunStatus(
        state.plan.name(),
        state.phase,
        deadlines.note().map(note -> state.detail() + "; " + note).orElse(state.detail()),
        state.history.generation(),
        state.committed(),
        state.plan.totalSteps(),
        state.history.lastStep().map(CommittedStep::meanLoss).orElse(0.0),
        steps.stepsPerSecond(),
        steps.remaining(),
        byRank.stream().map(member -> member.status(now)).toList(),
        List.of());
  }

  /** What the run waits for, of which workers and for how long; empty once the run has ended. */
  public List<Awaited> awaited() {
    return deadlines.awaited();
  }

  private void stepCommitted() {
    deadlines.stepCommitted();
    stalls.stepCommitted();
    memberships.stepCommitted();
  }

  private void learn(Event event) {
    switch (event) {
      case Event.Joined joined -> join(joined);
      case Event.FromWorker said -> receive(said);
      case Event.Tick _ -> tick();
      case Event.DrainRequested drain -> termination.drain(drain.by());
      case Event.Aborted aborted -> termination.fail(aborted.reason());
      case Event.CheckpointPrepared prepared ->
          checkpoints.prepared(prepared.attempt(), prepared.dir());
      case Event.CheckpointCommitted done -> {
        checkpoints.committed(done.attempt(), done.checkpoint());
        rendezvous.forgetChoice();
      }
      case Event.CheckpointFailed failed -> checkpointFailed(failed);
      case Event.CheckpointChosen chosen -> rendezvous.chosen(chosen);
    }
  }

  /** Makes one transition after another until none is due. */
  private void advance() {
    boolean changed = true;
    while (changed && !state.phase.ended()) {
      changed =
          memberships.advance()
              || evaluations.advance()
              || steps.advance()
              || checkpoints.advance()
              || termination.advance();
    }
  }

  // ---- workers

  private void join(Event.Joined joined) {
    if (state.members.bySession(joined.session()) != null) {
      return;
    }
    long refusedMillis = backoff.remaining(joined.name(), joined.address(), state.now);
    if (refusedMillis > 0 && !ended()) {
      state.count(NoticeKind.REFUSED);
      state.actions.add(
          new Action.Send(
              joined.session(),
              ToWorker.Stop.until(
                  "%s kept the run from going on and isn't taken back for %d s more"
                      .formatted(joined.name(), Math.ceilDiv(refusedMillis, 1000)),
                  refusedMillis)));
      return;
    }
    Optional<String> refusal = Admission.refusal(joined, state);
    if (refusal.isPresent()) {
      boolean finished = state.history.outcome().filter(end -> end.finished()).isPresent();
      // Nobody has to do anything about one that comes after the end, and those that stay ask
      // again.
      if (!finished) {
        state.notice(NoticeLimit.Kind.REFUSED, "refused " + joined.name() + ": " + refusal.get());
      }
      state.actions.add(
          new Action.Send(joined.session(), new ToWorker.Stop(finished, refusal.get(), false)));
      return;
    }
    Member known = state.members.byName(joined.name());
    Member member = new Member(joined, state.now);
    if (known != null) {
      memberships.replaceStream(known);
      member.hasTrained = known.hasTrained;
      member.proven = known.proven;
    }
    state.members.add(member);
    welcome(member);
    String leaving = known == null ? null : known.leaving;
    if (leaving != null) {
      memberships.leaving(member, leaving);
    }
    state.notice(
        member,
        NoticeLimit.Kind.JOINED,
        "%s %s, %d workers are there"
            .formatted(
                member.name(),
                known == null ? "joined" : "came back on another stream",
                state.members.size()));
  }

  private void welcome(Member member) {
    long timeout = state.plan.membership().heartbeatTimeout().toMillis();
    state.send(
        member,
        new ToWorker.Welcome(
            state.plan.runConfigYaml(),
            state.plan.membership().heartbeatInterval().toMillis(),
            SILENCE_TIMEOUTS * timeout));
  }

  private void receive(Event.FromWorker said) {
    Member member = state.members.bySession(said.session());
    if (state.phase.ended() || member == null) {
      return;
    }
    member.lastSeen = state.now;
    try {
      apply(member, said);
    } catch (ProtocolViolation violation) {
      evict(member, violation.reason());
    }
  }

  /** Evicts a worker that broke the protocol; the run goes on. */
  private void evict(Member member, String reason) {
    state.count(NoticeKind.EVICTED);
    long millis = backoff.failed(member, state.now);
    String how =
        "it broke the protocol: %s; it isn't taken back for %d s"
            .formatted(reason, Math.ceilDiv(millis, 1000));
    memberships.lose(member, how, Optional.of(new ToWorker.Stop(false, how, false)));
  }

  /** Evicts workers that misreported files, unless no others are left to write the checkpoint. */
  private void checkpointFailed(Event.CheckpointFailed failed) {
    Set<Member.WorkerId> writers = checkpoints.writers(failed.misreported());
    List<Member> misreporting =
        state.members.all().stream().filter(member -> writers.contains(member.id)).toList();
    if (writers.isEmpty() || state.members.size() == misreporting.size()) {
      termination.fail(failed.problem());
      return;
    }
    checkpoints.abandon(failed.problem());
    misreporting.forEach(member -> evict(member, failed.problem()));
  }

  private void apply(Member member, Event.FromWorker said) {
    switch (said) {
      case Event.Heartbeat heartbeat -> memberships.heartbeat(member, heartbeat);
      case Event.Telemetry _ -> {}
      case Event.Ready ready -> memberships.ready(member, ready);
      case Event.Reduced reduced -> steps.reduced(member, reduced);
      case Event.Applied applied -> steps.applied(member, applied);
      case Event.Evaluated share -> evaluations.evaluated(member, share);
      case Event.PartWritten part -> checkpoints.partWritten(member, part);
      case Event.Broken broken -> memberships.broken(member, broken);
      case Event.Leaving leaving -> memberships.leaving(member, leaving.reason());
      case Event.Stalled stalled -> stalls.stalled(member, stalled);
      case Event.Failed failed -> termination.failed(member, failed.message());
      case Event.Violated violated -> throw new ProtocolViolation(violated.what());
      case Event.Lost lost -> memberships.lose(member, lost.how(), Optional.empty());
    }
  }

  // ---- time

  private void tick() {
    if (state.phase.ended()) {
      return;
    }
    if (liveness.wasPaused(state.now)) {
      state.notice(
          NoticeKind.PAUSED,
          "the coordinator itself stood still; the silence of workers is counted from now");
      state.members.all().forEach(member -> member.lastSeen = state.now);
    }
    for (Member member : List.copyOf(state.members.all())) {
      if (!state.phase.ended() && liveness.isSilent(member, state.now)) {
        String how = liveness.describeSilence(member, state.now);
        memberships.lose(member, how, Optional.of(new ToWorker.Stop(false, how, true)));
      }
    }
    state.noticeLimit.counts(state.now).forEach(state::say);
    deadlines.tick();
    pulse();
  }

  /** Sends a pulse to each worker that nothing was sent to for a while. */
  private void pulse() {
    if (state.phase.ended()) {
      return;
    }
    long quiet = state.plan.membership().heartbeatTimeout().toMillis() / 2;
    for (Member member : state.members.all()) {
      if (state.now - member.lastSent > quiet) {
        state.send(member, new ToWorker.Pulse());
      }
    }
  }
}
