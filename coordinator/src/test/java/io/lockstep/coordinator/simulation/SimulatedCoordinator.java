package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.coordinator.machine.Action;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.RunHistory;
import io.lockstep.coordinator.machine.RunMachine;
import io.lockstep.coordinator.machine.ToWorker;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The coordinator process: the machine, the journal that outlives it, and the streams that don't.
 * May be killed between any two actions.
 */
final class SimulatedCoordinator {
  private static final long TICK_MILLIS = 125;
  private static final long DISK_MILLIS = 60;
  private static final int RECENT = 40;

  private final Simulation simulation;
  private final Agenda agenda;
  private final RunPlan plan;
  private final Invariants invariants;
  private final List<JournalEntry> journal = new ArrayList<>();
  private final Map<Long, Link> links = new TreeMap<>();
  private final List<String> notices = new ArrayList<>();
  private @Nullable RunMachine machine;
  private Optional<RunOutcome> outcome = Optional.empty();
  private long sessions;
  private long process;
  private long actions;
  private long crashAtAction = Long.MAX_VALUE;
  private long restartMillis;

  SimulatedCoordinator(Simulation simulation, RunPlan plan) {
    this.simulation = simulation;
    this.agenda = simulation.agenda();
    this.plan = plan;
    this.invariants = new Invariants(plan, simulation.model());
  }

  /** Dies before the action with that number, counted over all its lives, and comes back. */
  void crashAtAction(long number, long comesBackAfter) {
    crashAtAction = number;
    restartMillis = comesBackAfter;
  }

  long actions() {
    return actions;
  }

  Optional<RunOutcome> outcome() {
    return outcome;
  }

  Invariants invariants() {
    return invariants;
  }

  RunStatus status() {
    RunMachine present = machine;
    if (present == null) {
      throw new AssertionError("the coordinator is down");
    }
    return present.status(agenda.now());
  }

  String describe() {
    RunMachine present = machine;
    int from = Math.max(notices.size() - RECENT, 0);
    return (present == null ? "down" : present.status(agenda.now()).toString())
        + "\n  "
        + String.join("\n  ", notices.subList(from, notices.size()));
  }

  // ---- life

  void start() {
    process++;
    RunHistory history = new RunHistory();
    journal.forEach(history::add);
    long newest = history.newestCheckpoint().map(CommittedCheckpoint::steps).orElse(0L);
    for (CommittedCheckpoint found : simulation.disk().newerThan(newest)) {
      JournalEntry entry = new JournalEntry.CheckpointCommitted(found);
      invariants.journaled(entry);
      journal.add(entry);
      history.add(entry);
    }
    outcome = history.outcome();
    if (outcome.isPresent()) {
      // It isn't started again, and whoever has not heard of the end is told by hand.
      simulation.workers().forEach(SimulatedWorker::kill);
      return;
    }
    notices.add(agenda.now() + " coordinator starts at step " + history.committed());
    machine = new RunMachine(plan, history);
    tick(process);
  }

  /** SIGKILL. */
  void crash(long comesBackAfter) {
    if (machine == null || outcome.isPresent()) {
      return;
    }
    notices.add(agenda.now() + " coordinator dies");
    machine = null;
    process++;
    for (Link link : links.values()) {
      link.breakUp();
      agenda.later(agenda.between(0, 60), () -> link.worker().session().streamEnded(link));
    }
    links.clear();
    agenda.later(comesBackAfter, this::start);
  }

  /** Somebody asks for the run's end, again and again while there is nobody to ask. */
  void drain() {
    if (machine == null && outcome.isEmpty()) {
      agenda.later(TICK_MILLIS, this::drain);
    } else if (outcome.isEmpty()) {
      feed(new Event.DrainRequested("somebody"));
    }
  }

  private void tick(long mine) {
    if (mine == process && outcome.isEmpty()) {
      feed(new Event.Tick());
      agenda.later(TICK_MILLIS, () -> tick(mine));
    }
  }

  // ---- streams

  Optional<Link> open(SimulatedWorker worker) {
    if (machine == null) {
      return Optional.empty();
    }
    Link link = new Link(++sessions, worker);
    links.put(link.session(), link);
    return Optional.of(link);
  }

  /** A stream on which nobody listens. */
  long openToNobody() {
    return ++sessions;
  }

  /** An event from the network, unless its stream is gone. */
  void hear(Link link, Event event) {
    if (!link.isBroken()) {
      feed(event);
    }
  }

  void feed(Event event) {
    RunMachine present = machine;
    if (present == null) {
      return;
    }
    long mine = process;
    List<Action> answer = present.handle(event, agenda.now());
    invariants.waits(present, agenda.now());
    for (Action action : answer) {
      if (actions++ == crashAtAction) {
        crash(restartMillis);
      }
      if (mine != process) {
        return;
      }
      apply(action);
    }
  }

  private void apply(Action action) {
    switch (action) {
      case Action.Send send -> send(send);
      case Action.CloseStream close -> end(close.session());
      case Action.Journal entry -> {
        invariants.journaled(entry.entry());
        journal.add(entry.entry());
      }
      case Action.PrepareCheckpoint prepare ->
          onDisk(() ->
              new Event.CheckpointPrepared(
                  prepare.attempt(), simulation.disk().prepare(prepare.attempt())));
      case Action.FinalizeCheckpoint complete ->
          onDisk(() ->
              new Event.CheckpointCommitted(
                  complete.attempt(),
                  simulation.disk().complete(complete.attempt(), complete.last())));
      case Action.DiscardCheckpoint discard -> simulation.disk().discard(discard.attempt());
      case Action.ChooseCheckpoint choose ->
          onDisk(() ->
              new Event.CheckpointChosen(choose.newestFirst().stream().findFirst(), List.of()));
      case Action.ChangePhase change ->
          notices.add(agenda.now() + " " + change.phase() + ": " + change.detail());
      case Action.Notice notice -> notices.add(agenda.now() + " " + notice.text());
      case Action.EndRun end -> {
        if (outcome.isPresent()) {
          throw new AssertionError("the run ended twice");
        }
        outcome = Optional.of(end.outcome());
      }
    }
  }

  private interface DiskWork {
    Event run();
  }

  /** What the disk does happens even if the coordinator doesn't live to hear of it. */
  private void onDisk(DiskWork work) {
    long mine = process;
    agenda.later(
        agenda.between(0, DISK_MILLIS),
        () -> {
          if (mine != process && agenda.oneIn(2)) {
            return;
          }
          Event answer = work.run();
          if (mine == process) {
            feed(answer);
          }
        });
  }

  private void send(Action.Send send) {
    invariants.sent(send.message(), journal);
    Link link = links.get(send.session());
    if (link == null) {
      return;
    }
    simulation.down(link, send.message());
    if (send.message() instanceof ToWorker.Stop) {
      end(send.session());
    }
  }

  private void end(long session) {
    Link link = links.remove(session);
    if (link != null) {
      long arrival = link.down(simulation.arrival(link));
      agenda.at(arrival, () -> link.worker().session().streamEnded(link));
    }
  }
}
