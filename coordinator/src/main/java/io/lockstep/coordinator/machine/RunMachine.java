package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
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
 * <p>A worker that breaks the protocol or says that it can't go on ends the run, and every other
 * worker is told so.
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

  /** Stalls that people were told of in the present generation. */
  private final Set<Event.Stalled> stalls = new HashSet<>();

  private long stallsOf;

  /** A run as its journal left it; a new one with an empty history. */
  public RunMachine(RunPlan plan, RunHistory history) {
    BrokenLinks links = new BrokenLinks();
    state = new RunState(plan, history);
    saves = new Saves(state);
    Waiting waiting = new Waiting(state);
    worlds = new Worlds(state, saves, links, waiting);
    steps = new Steps(state, saves, links);
    liveness = new Liveness(plan.membership().heartbeatTimeout().toMillis());
    ends = new Ends(state, saves, liveness, waiting);
    state.setDetail("waiting for workers");
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
    } catch (ProtocolViolation violation) {
      ends.fail(violation.reason());
    }
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

  /** The rate over the last commits. */
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
        state.detail(),
        state.history.generation(),
        state.committed(),
        state.plan.totalSteps(),
        state.history.lastStep().map(CommittedStep::meanLoss).orElse(0.0),
        steps.stepsPerSecond(),
        byRank.stream().map(member -> member.status(now)).toList(),
        List.of());
  }

  private void learn(Event event) {
    switch (event) {
      case Event.Joined joined -> join(joined);
      case Event.FromWorker said -> hear(said);
      case Event.Tick _ -> tick();
      case Event.DrainRequested _ -> ends.drain();
      case Event.Aborted aborted -> ends.fail(aborted.reason());
      case Event.CheckpointPrepared prepared -> saves.prepared(prepared.attempt(), prepared.dir());
      case Event.CheckpointCommitted done -> {
        saves.committed(done.attempt(), done.checkpoint());
        worlds.forgetChoice();
      }
      case Event.CheckpointFailed failed -> ends.fail(failed.problem());
      case Event.CheckpointChosen chosen -> worlds.chosen(chosen);
    }
  }

  /** Transition after transition, until none is due. */
  private void advance() {
    boolean changed = true;
    while (changed && !state.phase.ended() && liveness.suspicion().isEmpty()) {
      changed = worlds.advance() || steps.advance() || saves.advance() || ends.advance();
    }
  }

  // ---- workers

  private void join(Event.Joined joined) {
    Optional<String> refusal = Admission.refusal(joined, state);
    if (refusal.isPresent()) {
      boolean finished = state.history.outcome().filter(end -> end.finished()).isPresent();
      state.notice("refused " + joined.name() + ": " + refusal.get());
      state.actions.add(
          new Action.Send(joined.session(), new ToWorker.Stop(finished, refusal.get(), false)));
      return;
    }
    Member known = state.roster.byName(joined.name());
    Member member = new Member(joined, state.now);
    if (known != null) {
      worlds.replaceStream(known);
      member.hasTrained = known.hasTrained;
    }
    state.roster.add(member);
    welcome(member);
    String leaving = known == null ? null : known.leaving;
    if (leaving != null) {
      worlds.leaving(member, leaving);
    }
    state.notice(
        "%s %s, %d workers are there"
            .formatted(
                member.name(),
                known == null ? "joined" : "came back on another stream",
                state.roster.size()));
    if (state.history.generation() == 0) {
      Nodes.conflict(state).ifPresent(ends::fail);
    }
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
    switch (said) {
      case Event.Heartbeat heartbeat -> member.activity = heartbeat.activity();
      case Event.Telemetry _ -> {}
      case Event.Ready ready -> worlds.ready(member, ready);
      case Event.Reduced reduced -> steps.reduced(member, reduced);
      case Event.Applied applied -> steps.applied(member, applied);
      case Event.PartWritten part -> saves.partWritten(member, part);
      case Event.Broken broken -> worlds.broken(member, broken);
      case Event.Leaving leaving -> worlds.leaving(member, leaving.reason());
      case Event.Stalled stalled -> stalled(member, stalled);
      case Event.Failed failed -> ends.failed(member, failed.message());
      case Event.Lost lost -> lost(member, lost.how(), Optional.empty());
    }
  }

  private void lost(Member member, String how, Optional<ToWorker> lastWord) {
    if (member.failure != null) {
      // Its failure is known and about to decide.
      return;
    }
    if (liveness.suspicion().isPresent()) {
      ends.failBecauseOfLoss(member, how);
    } else {
      worlds.lose(member, how, lastWord);
    }
  }

  private void stalled(Member member, Event.Stalled stalled) {
    World world = state.world;
    if (!state.isCurrent(member, "STALLED", stalled.generation()) || world == null) {
      return;
    }
    if (stallsOf != world.number()) {
      stallsOf = world.number();
      stalls.clear();
    }
    if (stalls.add(new Event.Stalled(0, member.rank, stalled.peer(), stalled.what()))) {
      String peer = world.byRank(stalled.peer()).map(Member::describe).orElse("others");
      state.notice("%s waits for %s: %s".formatted(member.describe(), peer, stalled.what()));
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
        lost(member, how, Optional.of(new ToWorker.Stop(false, how, true)));
      }
    }
    liveness.confirmed(state.now).ifPresent(ends::failBecauseOf);
    pulse();
  }

  /** Tells those to whom nothing was said for a while that the coordinator lives. */
  private void pulse() {
    if (state.phase.ended()) {
      return;
    }
    long quiet = state.plan.membership().heartbeatTimeout().toMillis() / 2;
    for (Member member : state.roster.all()) {
      if (state.now - member.lastSent > quiet && member.failure == null) {
        state.send(member, new ToWorker.Pulse());
      }
    }
  }
}
