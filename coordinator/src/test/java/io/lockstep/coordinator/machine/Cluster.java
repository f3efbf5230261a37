package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A machine driven by hand at a clock set by hand. Workers are sessions 1, 2, ... named "a", "b",
 * ...; whatever was sent to them since the last look lies in {@link #take}.
 */
final class Cluster {
  final RunMachine machine;
  final List<JournalEntry> journal = new ArrayList<>();
  final List<String> notices = new ArrayList<>();
  final List<CheckpointAttempt> discarded = new ArrayList<>();
  final List<Long> closed = new ArrayList<>();

  /** The phases that the run has entered. */
  final List<Phase> phases = new ArrayList<>();

  private final List<Action.Send> sent = new ArrayList<>();
  private final int workers;
  private boolean answersCheckpoints = true;
  private final List<RunOutcome> outcomes = new ArrayList<>();
  long now = 1000;

  Cluster(RunPlan plan) {
    this(plan, new RunHistory());
  }

  /** A cluster whose coordinator was started again. */
  Cluster(RunPlan plan, RunHistory history) {
    machine = new RunMachine(plan, history);
    workers = plan.workers();
  }

  /** A cluster whose workers have joined. */
  static Cluster joined(RunPlan plan) {
    Cluster cluster = new Cluster(plan);
    for (int session = 1; session <= plan.workers(); session++) {
      cluster.join(session);
    }
    return cluster;
  }

  /** A cluster that trains. */
  static Cluster training(RunPlan plan) {
    Cluster cluster = joined(plan);
    cluster.eachSession(session -> cluster.handle(new Event.Ready(session, 1)));
    cluster.take();
    return cluster;
  }

  /** Lets checkpoints stay unanswered by the coordinator's disk. */
  Cluster withoutDisk() {
    answersCheckpoints = false;
    return this;
  }

  void join(long session) {
    handle(joining(session, name(session), "first"));
  }

  /** Joins from a node, computing with some numerics. */
  void join(long session, String node, Numerics numerics) {
    String address = "127.0.0.1:" + (1000 + session);
    handle(
        new Event.Joined(
            session, name(session), address, "test", "first", List.of(), false, node, numerics));
  }

  /** Joins and says what it has of NCCL. */
  void join(long session, NcclAbility nccl) {
    String address = "127.0.0.1:" + (1000 + session);
    handle(
        new Event.Joined(
            session,
            name(session),
            address,
            "test",
            "first",
            List.of(),
            false,
            "",
            Numerics.UNKNOWN,
            nccl));
  }

  /** Joins on another stream and says what it holds. */
  void joinAgain(long session, String name, Holding... holdings) {
    handle(
        new Event.Joined(
            session,
            name,
            "127.0.0.1:" + (1000 + session),
            "test",
            "first",
            List.of(holdings),
            false));
  }

  static Event.Joined joining(long session, String name, String incarnation) {
    return new Event.Joined(
        session, name, "127.0.0.1:" + (1000 + session), "test", incarnation, List.of(), false);
  }

  static String name(long session) {
    return String.valueOf((char) ('a' + session - 1));
  }

  void handle(Event event) {
    for (Action action : machine.handle(event, now)) {
      switch (action) {
        case Action.Send send -> sent.add(send);
        case Action.Journal entry -> journal.add(entry.entry());
        case Action.Notice notice -> notices.add(notice.text());
        case Action.DiscardCheckpoint discard -> discarded.add(discard.attempt());
        case Action.CloseStream close -> closed.add(close.session());
        case Action.ChooseCheckpoint choose -> choose(choose.newestFirst());
        case Action.EndRun end -> outcomes.add(end.outcome());
        case Action.ChangePhase change -> phases.add(change.phase());
        case Action.PrepareCheckpoint prepare -> prepared(prepare.attempt());
        case Action.FinalizeCheckpoint complete -> completed(complete);
      }
    }
  }

  private void choose(List<CommittedCheckpoint> newestFirst) {
    if (answersCheckpoints) {
      handle(new Event.CheckpointChosen(newestFirst.stream().findFirst(), List.of()));
    }
  }

  private void prepared(CheckpointAttempt attempt) {
    if (answersCheckpoints) {
      handle(new Event.CheckpointPrepared(attempt, Path.of("/run/.partial")));
    }
  }

  private void completed(Action.FinalizeCheckpoint complete) {
    if (answersCheckpoints) {
      handle(
          new Event.CheckpointCommitted(
              complete.attempt(),
              new CommittedCheckpoint(
                  complete.attempt().steps(),
                  Path.of("/run/checkpoints/step-%08d".formatted(complete.attempt().steps())),
                  "0".repeat(64),
                  5,
                  complete.last())));
    }
  }

  void reduce(long session, long step) {
    handle(Reports.share(session, 1, step, (int) session - 1, workers));
  }

  /** Everybody reduces and applies a step. */
  void step(long step) {
    eachSession(session -> reduce(session, step));
    eachSession(session -> handle(new Event.Applied(session, 1, step)));
  }

  /** These, by rank, are ready in a generation. */
  void ready(long generation, long... sessions) {
    for (long session : sessions) {
      handle(new Event.Ready(session, generation));
    }
  }

  /** These, by rank, reduce a step in a generation. */
  void reduceAll(long generation, long step, long... sessions) {
    for (int rank = 0; rank < sessions.length; rank++) {
      handle(Reports.share(sessions[rank], generation, step, rank, sessions.length));
    }
  }

  /** These, by rank, reduce and apply a step in a generation. */
  void step(long generation, long step, long... sessions) {
    reduceAll(generation, step, sessions);
    for (long session : sessions) {
      handle(new Event.Applied(session, generation, step));
    }
  }

  /** The newest membership that was sent to a worker since the last look at anything. */
  ToWorker.NewMembership membership(long session) {
    return takeFor(session).stream()
        .filter(ToWorker.NewMembership.class::isInstance)
        .map(ToWorker.NewMembership.class::cast)
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  boolean noticed(String part) {
    return notices.stream().anyMatch(notice -> notice.contains(part));
  }

  /** Everybody writes its part of a checkpoint: one file per worker. */
  void save(long steps) {
    eachSession(session ->
        handle(
            new Event.PartWritten(
                session,
                1,
                steps,
                List.of(new Event.CheckpointFile("part-" + session, 5, "0".repeat(64))))));
  }

  void eachSession(LongConsumer action) {
    for (long session = 1; session <= workers; session++) {
      action.accept(session);
    }
  }

  /**
   * Time passes in ticks of 100 ms while the workers of these sessions keep saying that they live.
   */
  void pass(long millis, long... alive) {
    long end = now + millis;
    while (now < end) {
      now += 100;
      for (long session : alive) {
        handle(new Event.Heartbeat(session, 0, "computing"));
      }
      handle(new Event.Tick());
    }
  }

  /** What was sent since the last look, in order. */
  List<Action.Send> take() {
    List<Action.Send> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  /** What was sent to a worker since the last look at anything. */
  List<ToWorker> takeFor(long session) {
    return take().stream()
        .filter(send -> send.session() == session)
        .map(Action.Send::message)
        .toList();
  }

  /** What a coordinator that is started again reads. */
  RunHistory history() {
    RunHistory history = new RunHistory();
    journal.forEach(history::add);
    return history;
  }

  /** Steps of the newest checkpoint in the journal. */
  long savedSteps() {
    return history().newestCheckpoint().orElseThrow().steps();
  }

  RunStatus status() {
    return machine.status(now);
  }

  Phase phase() {
    return status().phase();
  }

  /** How the run ended; fails unless it ended exactly once. */
  RunOutcome outcome() {
    if (outcomes.size() != 1) {
      throw new AssertionError("the run ended " + outcomes.size() + " times; it is " + status());
    }
    return outcomes.getFirst();
  }

  /** The newest committed checkpoint. */
  CommittedCheckpoint checkpoint() {
    return journal.stream()
        .filter(JournalEntry.CheckpointCommitted.class::isInstance)
        .map(entry -> ((JournalEntry.CheckpointCommitted) entry).checkpoint())
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  /** The worker of a session has lost it for what it did, and the run goes on. */
  void assertExpelled(long session, String why) {
    ToWorker.Stop stop = (ToWorker.Stop) takeFor(session).getLast();
    assertFalse(stop.finished() || stop.rejoin(), stop.reason());
    assertTrue(stop.reason().startsWith("it broke the protocol: " + why), stop.reason());
    assertTrue(noticed(why), notices::toString);
    assertFalse(phase().ended());
  }

  /** The run has failed for this reason and everybody was told so. */
  void assertFailed(String expectedStart) {
    assertEquals(Phase.FAILED, phase());
    String reason = outcome().reason();
    assertTrue(reason.startsWith(expectedStart), reason);
    ToWorker.Stop expected = new ToWorker.Stop(false, reason, false);
    List<Action.Send> told = take();
    eachSession(session ->
        assertTrue(
            told.contains(new Action.Send(session, expected)) || closed.contains(session),
            () -> "" + session));
  }
}
