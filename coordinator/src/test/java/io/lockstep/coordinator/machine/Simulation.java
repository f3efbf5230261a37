package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A whole cluster in memory: the machine, its workers, and a network that keeps the order of each
 * stream and no other. Everything that is random comes from the seed. The invariants of a run are
 * checked whenever something is sent or journaled.
 */
final class Simulation {
  private static final long TICK_MILLIS = 100;
  private static final long LIMIT_MILLIS = 10_000_000;

  /** What goes wrong. */
  enum Fault {
    NONE,
    STREAM_ENDS,
    FALLS_SILENT,
    REPORTS_FAILURE,
    REPORTS_WRONG_STEP,
    DISK_IS_FULL
  }

  /** Something that will happen; {@code order} breaks ties the way they came up. */
  private record Due(long at, long order, Runnable what) {}

  private final SplittableRandom random;
  private final RunPlan plan;
  private final RunMachine machine;
  private final PriorityQueue<Due> agenda =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
  private final Map<Long, SimulatedWorker> workers = new TreeMap<>();
  private final List<CommittedStep> commits = new ArrayList<>();
  private final List<Long> checkpoints = new ArrayList<>();
  private final Fault fault;
  private Optional<RunOutcome> outcome = Optional.empty();
  private long now;
  private long orders;

  private Simulation(long seed, RunPlan plan, Fault fault) {
    this.random = new SplittableRandom(seed);
    this.plan = plan;
    this.fault = fault;
    this.machine = new RunMachine(plan);
  }

  /** Runs to the end and checks that everybody still there was told. */
  static Simulation run(long seed, RunPlan plan, Fault fault) {
    Simulation simulation = new Simulation(seed, plan, fault);
    simulation.start();
    simulation.drainAgenda();
    simulation.checkEnd();
    return simulation;
  }

  List<CommittedStep> commits() {
    return List.copyOf(commits);
  }

  List<Long> checkpoints() {
    return List.copyOf(checkpoints);
  }

  RunOutcome outcome() {
    return outcome.orElseThrow();
  }

  private void start() {
    for (long session = 1; session <= plan.workers(); session++) {
      SimulatedWorker worker =
          new SimulatedWorker(session, random.split(), plan.workers(), this::fromWorker);
      workers.put(session, worker);
      String name = "worker-" + random.nextInt(1000) + "-" + session;
      later(
          random.nextLong(3000),
          () ->
              feed(
                  new Event.Joined(
                      worker.session(), name, "127.0.0.1:" + worker.session(), "simulated")));
    }
    if (fault != Fault.NONE && fault != Fault.DISK_IS_FULL) {
      later(3000 + random.nextLong(4000), this::breakOneWorker);
    }
    tick();
  }

  private void tick() {
    if (outcome.isEmpty()) {
      feed(new Event.Tick());
      for (SimulatedWorker worker : workers.values()) {
        worker.heartbeat();
      }
      later(TICK_MILLIS, this::tick);
    }
  }

  private void drainAgenda() {
    while (!agenda.isEmpty()) {
      Due due = agenda.remove();
      now = due.at();
      require(now < LIMIT_MILLIS, "the run doesn't end: " + machine.status(now));
      due.what().run();
    }
  }

  private void later(long delay, Runnable what) {
    agenda.add(new Due(now + delay, orders++, what));
  }

  /** Messages of one worker arrive in order, each after its own delay at the earliest. */
  private void fromWorker(SimulatedWorker worker, long thinkMillis, Event.FromWorker event) {
    long arrival = Math.max(worker.lastArrival(), now + thinkMillis + random.nextLong(50));
    worker.setLastArrival(arrival);
    agenda.add(new Due(arrival, orders++, () -> feed(event)));
  }

  private void breakOneWorker() {
    SimulatedWorker victim = workers.get(1 + random.nextLong(plan.workers()));
    if (victim == null) {
      throw new AssertionError("no such worker");
    }
    switch (fault) {
      case STREAM_ENDS -> {
        victim.die();
        later(random.nextLong(50), () -> feed(new Event.Lost(victim.session(), "killed")));
      }
      case FALLS_SILENT -> victim.die();
      case REPORTS_FAILURE -> {
        victim.die();
        feed(new Event.Failed(victim.session(), "simulated failure"));
      }
      case REPORTS_WRONG_STEP -> feed(Reports.share(victim.session(), 1, 1_000_000, 0, 1));
      case NONE, DISK_IS_FULL -> throw new AssertionError("no worker breaks");
    }
  }

  private void feed(Event event) {
    for (Action action : machine.handle(event, now)) {
      apply(action);
    }
  }

  private void apply(Action action) {
    switch (action) {
      case Action.Send send -> deliver(send);
      case Action.Journal journal -> record(journal.entry());
      case Action.PrepareCheckpoint prepare -> prepare(prepare.steps());
      case Action.FinalizeCheckpoint complete -> complete(complete);
      case Action.EndRun end -> {
        require(outcome.isEmpty(), "the run ended twice");
        outcome = Optional.of(end.outcome());
      }
      case Action.DiscardCheckpoint _, Action.ChangePhase _, Action.Notice _ -> {}
    }
  }

  private void deliver(Action.Send send) {
    SimulatedWorker worker = workers.get(send.session());
    if (worker == null) {
      throw new AssertionError("sent to nobody: " + send);
    }
    if (send.message() instanceof ToWorker.Commit commit) {
      require(commits.contains(commit.step()), "sent before it was journaled: " + commit);
    }
    if (send.message() instanceof ToWorker.SaveCheckpoint save) {
      for (SimulatedWorker each : workers.values()) {
        require(
            each.isDead() || each.applied() == save.steps(),
            "asked to save while somebody has not applied: " + save);
      }
    }
    long arrival = Math.max(worker.lastDelivery(), now + random.nextLong(50));
    worker.setLastDelivery(arrival);
    agenda.add(new Due(arrival, orders++, () -> worker.receive(send.message())));
  }

  private void record(JournalEntry entry) {
    switch (entry) {
      case JournalEntry.StepCommitted committed -> {
        require(
            committed.step().step() == commits.size(),
            "expected step " + commits.size() + " to be next, got " + committed);
        require(outcome.isEmpty(), "committed after the end: " + committed);
        commits.add(committed.step());
      }
      case JournalEntry.CheckpointCommitted checkpoint -> {
        require(
            checkpoint.checkpoint().steps() == commits.size(),
            "a checkpoint of other steps than are committed: " + checkpoint);
        checkpoints.add(checkpoint.checkpoint().steps());
      }
      case JournalEntry.WorldFormed _, JournalEntry.LeaseGranted _, JournalEntry.RunEnded _ -> {}
    }
  }

  private void prepare(long steps) {
    later(
        0,
        () ->
            feed(
                fault == Fault.DISK_IS_FULL
                    ? new Event.CheckpointFailed(steps, "no room")
                    : new Event.CheckpointPrepared(steps, Path.of("/run/.partial"))));
  }

  private void complete(Action.FinalizeCheckpoint complete) {
    CommittedCheckpoint checkpoint =
        new CommittedCheckpoint(
            complete.steps(), Path.of("/run/step"), "0".repeat(64), 1, complete.last());
    later(0, () -> feed(new Event.CheckpointCommitted(checkpoint)));
  }

  private void checkEnd() {
    RunOutcome end = outcome.orElseThrow(() -> new AssertionError("the run never ended"));
    for (SimulatedWorker worker : workers.values()) {
      if (!worker.isDead()) {
        require(
            worker.stop().equals(Optional.of(new ToWorker.Stop(end.finished(), end.reason()))),
            "a worker was left hanging: " + worker.stop());
      }
    }
    require(end.steps() == commits.size(), "the outcome counts other steps than the journal");
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError("at " + now + " ms: " + problem);
    }
  }
}
