package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what a run does next. Holds the run's state, touches nothing else: the same events at the
 * same times give the same actions. Confined to one thread. The phases and their legal order are in
 * {@link io.lockstep.coordinator.Phase}; what a worker's loss, leave or return leads to is in
 * docs/elasticity.md.
 *
 * <p>An event first changes what is known; then transitions follow one another until none is due:
 * {@link Worlds}, {@link Steps}, {@link Saves}, {@link Ends}. What has to outlive the coordinator
 * is in {@link RunHistory} alone, which the journal can rebuild.
 *
 * <p>A worker that breaks the protocol or says that it can't go on loses its place, and the run
 * goes on without it. What was said twice counts once, what belongs to an older generation is void,
 * and nothing is waited for without a limit ({@link Deadlines}).
 */
public final class RunMachine {

  /** Silence of the coordinator, in heartbeat timeouts, after which a worker looks for it again. */
  private static final int SILENCE_TIMEOUTS = 3;

  private final RunState state;
  private final Saves saves;
  private final Worlds worlds;
  private final Steps steps;
  private final Ends ends;
  private final Liveness liveness;
  private final Stalls stalls;
  private final Deadlines deadlines;
  private final Probation probation = new Probation();

  /** A run as its journal left it; a new one with an empty history. */
  public RunMachine(RunPlan plan, RunHistory history) {
    BrokenLinks links = new BrokenLinks();
    state = new RunState(plan, history);
    saves = new Saves(state);
    Waiting waiting = new Waiting(state);
    worlds = new Worlds(state, saves, links, waiting, probation);
    stalls = new Stalls(state);
    deadlines = new Deadlines(state, saves, worlds, stalls, probation);
    steps = new Steps(state, saves, links, probation, this::expel, this::stepCommitted);
    liveness = new Liveness(plan.membership().heartbeatTimeout().toMillis());
    ends = new Ends(state, saves, worlds, waiting);
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
      ends.fail(failure.reason());
    }
    deadlines.observe();
    return List.copyOf(state.actions);
  }

  /** Steps after which the run ends: all of them, or fewer once it is drained. */
  public long endAt() {
    return state.endAt();
  }

  /** Whether nothing will be decided any more. */
  public boolean ended() {
    return state.phase.ended();
  }

  /** The rate of the run, without pauses between worlds. */
  public double stepsPerSecond() {
    return steps.stepsPerSecond();
  }

  /** The run at this moment. */
  public RunStatus status(long now) {
    List<Member> byRank = new ArrayList<>(state.roster.all());
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

  /** What the run waits for, of whom and for how long; empty only of a run that has ended. */
  public List<Awaited> awaited() {
    return deadlines.awaited();
  }

  private void stepCommitted() {
    deadlines.stepCommitted();
    stalls.stepCommitted();
  }

  private void learn(Event event) {
    switch (event) {
      case Event.Joined joined -> join(joined);
      case Event.FromWorker said -> hear(said);
      case Event.Tick _ -> tick();
      case Event.DrainRequested drain -> ends.drain(drain.by());
      case Event.Aborted aborted -> ends.fail(aborted.reason());
      case Event.CheckpointPrepared prepared -> saves.prepared(prepared.attempt(), prepared.dir());
      case Event.CheckpointCommitted done -> {
        saves.committed(done.attempt(), done.checkpoint());
        worlds.forgetChoice();
      }
      case Event.CheckpointFailed failed -> checkpointFailed(failed);
      case Event.CheckpointChosen chosen -> worlds.chosen(chosen);
    }
  }

  /** Transition after transition, until none is due. */
  private void advance() {
    boolean changed = true;
    while (changed && !state.phase.ended()) {
      changed = worlds.advance() || steps.advance() || saves.advance() || ends.advance();
    }
  }

  // ---- workers

  private void join(Event.Joined joined) {
    if (state.roster.bySession(joined.session()) != null) {
      return;
    }
    long exile = probation.remaining(joined.name(), joined.address(), state.now);
    if (exile > 0 && !ended()) {
      state.actions.add(
          new Action.Send(
              joined.session(),
              ToWorker.Stop.until(
                  "%s kept the run from going on and isn't taken back for %d s more"
                      .formatted(joined.name(), Math.ceilDiv(exile, 1000)),
                  exile)));
      return;
    }
    Optional<String> refusal = Admission.refusal(joined, state);
    if (refusal.isPresent()) {
      boolean finished = state.history.outcome().filter(end -> end.finished()).isPresent();
      state.notice(Newcomers.News.REFUSED, "refused " + joined.name() + ": " + refusal.get());
      state.actions.add(
          new Action.Send(joined.session(), new ToWorker.Stop(finished, refusal.get(), false)));
      return;
    }
    Member known = state.roster.byName(joined.name());
    Member member = new Member(joined, state.now);
    if (known != null) {
      worlds.replaceStream(known);
      member.hasTrained = known.hasTrained;
      member.proven = known.proven;
    }
    state.roster.add(member);
    welcome(member);
    String leaving = known == null ? null : known.leaving;
    if (leaving != null) {
      worlds.leaving(member, leaving);
    }
    state.notice(
        member,
        Newcomers.News.JOINED,
        "%s %s, %d workers are there"
            .formatted(
                member.name(),
                known == null ? "joined" : "came back on another stream",
                state.roster.size()));
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

  private void hear(Event.FromWorker said) {
    Member member = state.roster.bySession(said.session());
    if (state.phase.ended() || member == null) {
      return;
    }
    member.lastSeen = state.now;
    try {
      understand(member, said);
    } catch (ProtocolViolation violation) {
      expel(member, violation.reason());
    }
  }

  /** Whoever says what can't be right loses its stream and is named; the run goes on. */
  private void expel(Member member, String reason) {
    long millis = probation.failed(member, state.now);
    String how =
        "it broke the protocol: %s; it isn't taken back for %d s"
            .formatted(reason, Math.ceilDiv(millis, 1000));
    worlds.lose(member, how, Optional.of(new ToWorker.Stop(false, how, false)));
  }

  /** Whoever reported what it didn't write loses its place, as long as others can write it. */
  private void checkpointFailed(Event.CheckpointFailed failed) {
    Set<Member.WorkerId> writers = saves.writers(failed.misreported());
    List<Member> liars =
        state.roster.all().stream().filter(member -> writers.contains(member.id)).toList();
    if (writers.isEmpty() || state.roster.size() == liars.size()) {
      ends.fail(failed.problem());
      return;
    }
    saves.abandon(failed.problem());
    liars.forEach(member -> expel(member, failed.problem()));
  }

  private void understand(Member member, Event.FromWorker said) {
    switch (said) {
      case Event.Heartbeat heartbeat -> worlds.beats(member, heartbeat);
      case Event.Telemetry _ -> {}
      case Event.Ready ready -> worlds.ready(member, ready);
      case Event.Reduced reduced -> steps.reduced(member, reduced);
      case Event.Applied applied -> steps.applied(member, applied);
      case Event.PartWritten part -> saves.partWritten(member, part);
      case Event.Broken broken -> worlds.broken(member, broken);
      case Event.Leaving leaving -> worlds.leaving(member, leaving.reason());
      case Event.Stalled stalled -> stalls.stalled(member, stalled);
      case Event.Failed failed -> ends.failed(member, failed.message());
      case Event.Violated violated -> throw new ProtocolViolation(violated.what());
      case Event.Lost lost -> worlds.lose(member, lost.how(), Optional.empty());
    }
  }

  // ---- time

  private void tick() {
    if (state.phase.ended()) {
      return;
    }
    if (liveness.wasPaused(state.now)) {
      state.notice(
          "the coordinator itself stood still; the silence of workers is counted from now");
      state.roster.all().forEach(member -> member.lastSeen = state.now);
    }
    for (Member member : List.copyOf(state.roster.all())) {
      if (!state.phase.ended() && liveness.isSilent(member, state.now)) {
        String how = liveness.describeSilence(member, state.now);
        worlds.lose(member, how, Optional.of(new ToWorker.Stop(false, how, true)));
      }
    }
    state.newcomers.counts(state.now).forEach(state::notice);
    deadlines.tick();
    pulse();
  }

  /** Tells those to whom nothing was said for a while that the coordinator lives. */
  private void pulse() {
    if (state.phase.ended()) {
      return;
    }
    long quiet = state.plan.membership().heartbeatTimeout().toMillis() / 2;
    for (Member member : state.roster.all()) {
      if (state.now - member.lastSent > quiet) {
        state.send(member, new ToWorker.Pulse());
      }
    }
  }
}
