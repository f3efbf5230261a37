package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.RunOutcome;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.coordinator.machine.ToWorker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * A whole cluster in memory: a coordinator, its workers, and the networks between them. Everything
 * that is random comes from the seed; the invariants of a run are checked whenever something is
 * journaled, sent, exchanged or saved.
 */
final class Simulation {
  private static final long LIMIT_MILLIS = 2 * 3_600_000;
  private static final long NETWORK_MILLIS = 40;
  private static final long LONGEST_DELAY_MILLIS = 2000;

  /** Two workers that can't reach each other. */
  private record Cut(String one, String other) {
    static Cut of(String one, String other) {
      return one.compareTo(other) < 0 ? new Cut(one, other) : new Cut(other, one);
    }
  }

  private final Agenda agenda;
  private final RunPlan plan;
  private final Model model;
  private final Disk disk;
  private final SimulatedCoordinator coordinator;
  private final Map<String, SimulatedWorker> workers = new TreeMap<>();
  private final Map<Long, Peers> peers = new HashMap<>();
  private final Set<Cut> cuts = new HashSet<>();
  private Trouble trouble = Trouble.NONE;

  RunPlan plan() {
    return plan;
  }

  Simulation(long seed, RunPlan plan, int buckets) {
    agenda = new Agenda(new SplittableRandom(seed));
    this.plan = plan;
    model = new Model(plan.virtualRanks(), buckets);
    disk = new Disk(model);
    coordinator = new SimulatedCoordinator(this, plan);
  }

  /**
   * What happens to messages while workers join, that is until a worker's generation has begun.
   *
   * @param lostOneIn of so many messages one is lost; 0 for none
   * @param repeatedOneIn of so many one arrives twice
   * @param delayedOneIn of so many one takes up to two seconds
   * @param brokenOneIn of so many one is the last of its stream
   * @param untilMillis when the network is good again
   * @param saysEverythingOnce whether workers say what holds of them in messages alone
   */
  record Trouble(
      int lostOneIn,
      int repeatedOneIn,
      int delayedOneIn,
      int brokenOneIn,
      long untilMillis,
      boolean saysEverythingOnce) {
    static final Trouble NONE = new Trouble(0, 0, 0, 0, 0, false);
  }

  void trouble(Trouble joining) {
    trouble = joining;
  }

  boolean saysEverythingOnce() {
    return trouble.saysEverythingOnce();
  }

  Agenda agenda() {
    return agenda;
  }

  Model model() {
    return model;
  }

  Disk disk() {
    return disk;
  }

  SimulatedCoordinator coordinator() {
    return coordinator;
  }

  Invariants invariants() {
    return coordinator.invariants();
  }

  long heartbeatMillis() {
    return plan.membership().heartbeatInterval().toMillis();
  }

  boolean replicates() {
    return plan.membership().replicates();
  }

  // ---- workers

  /** A worker that starts at once. */
  SimulatedWorker addWorker() {
    String name = "worker-%04d".formatted(workers.size());
    SimulatedWorker worker = new SimulatedWorker(this, name);
    workers.put(name, worker);
    worker.start();
    return worker;
  }

  Collection<SimulatedWorker> workers() {
    return workers.values();
  }

  List<SimulatedWorker> living() {
    return workers.values().stream().filter(SimulatedWorker::isAlive).toList();
  }

  /** A living worker, any of them. */
  Optional<SimulatedWorker> anyLiving() {
    List<SimulatedWorker> living = living();
    return living.isEmpty()
        ? Optional.empty()
        : Optional.of(living.get((int) agenda.between(0, living.size() - 1)));
  }

  // ---- networks

  Optional<Link> open(SimulatedWorker worker) {
    return coordinator.open(worker);
  }

  long arrival(Link link) {
    long delay = agenda.now() + agenda.between(0, NETWORK_MILLIS);
    return Math.max(delay, link.worker().session().cutOffUntil());
  }

  void up(Link link, Event event) {
    boolean joins =
        event instanceof Event.Joined
            || event instanceof Event.Ready
            || event instanceof Event.Leaving
            || event instanceof Event.Heartbeat
            || event instanceof Event.Broken;
    carry(link, joins, () -> link.up(arrival(link)), () -> coordinator.hear(link, event));
  }

  void down(Link link, ToWorker message) {
    boolean joins =
        message instanceof ToWorker.Welcome || message instanceof ToWorker.NewMembership;
    carry(
        link,
        joins,
        () -> link.down(arrival(link)),
        () -> {
          if (!link.isBroken()) {
            link.worker().session().receive(link, message);
          }
        });
  }

  /** Delivers a message in its turn, with whatever trouble befalls those of joining. */
  private void carry(Link link, boolean ofJoining, LongSupplier arrival, Runnable delivery) {
    boolean joins = ofJoining && agenda.now() < trouble.untilMillis() && link.worker().isJoining();
    if (joins && isDue(trouble.lostOneIn())) {
      return;
    }
    if (joins && isDue(trouble.delayedOneIn())) {
      link.worker().session().cutOff(agenda.between(0, LONGEST_DELAY_MILLIS));
    }
    if (joins && isDue(trouble.brokenOneIn())) {
      agenda.at(arrival.getAsLong(), link.worker().session()::breakStream);
      return;
    }
    agenda.at(arrival.getAsLong(), delivery);
    if (joins && isDue(trouble.repeatedOneIn())) {
      agenda.at(arrival.getAsLong(), delivery);
    }
  }

  private boolean isDue(int oneIn) {
    return oneIn > 0 && agenda.oneIn(oneIn);
  }

  /** A stream broke under both ends: each is told in its time. */
  void streamBroke(Link link) {
    agenda.later(
        agenda.between(0, NETWORK_MILLIS),
        () -> coordinator.feed(new Event.Lost(link.session(), "its connection was closed")));
    agenda.later(
        agenda.between(0, NETWORK_MILLIS), () -> link.worker().session().streamEnded(link));
  }

  /** A worker's process has ended. */
  void streamEnds(Link link) {
    up(link, new Event.Lost(link.session(), "its connection was closed"));
  }

  void peerDied(SimulatedWorker dead) {
    living().forEach(worker -> worker.peerDied(dead.name()));
  }

  /** The connections of a generation. */
  Peers peers(Membership membership) {
    return peers.computeIfAbsent(
        membership.generation(), _ -> new Peers(membership, model.buckets()));
  }

  void cut(SimulatedWorker one, SimulatedWorker other, long millis) {
    Cut cut = Cut.of(one.name(), other.name());
    if (one != other && cuts.add(cut)) {
      agenda.later(millis, () -> cuts.remove(cut));
    }
  }

  boolean isCut(SimulatedWorker one, SimulatedWorker other) {
    return !cuts.isEmpty() && cuts.contains(Cut.of(one.name(), other.name()));
  }

  /** A rank that this worker can't reach. */
  Optional<Integer> unreachable(SimulatedWorker worker, Peers connections) {
    for (Cut cut : cuts) {
      String other = cut.one().equals(worker.name()) ? cut.other() : cut.one();
      boolean mine = cut.one().equals(worker.name()) || cut.other().equals(worker.name());
      if (mine && connections.rank(other) >= 0) {
        return Optional.of(connections.rank(other));
      }
    }
    return Optional.empty();
  }

  // ---- running

  /** Runs to the end of the run and checks that nobody was left behind. */
  RunOutcome runToTheEnd() {
    while (coordinator.outcome().isEmpty()) {
      if (!agenda.step() || agenda.now() > LIMIT_MILLIS) {
        throw new AssertionError("the run doesn't end: " + describe());
      }
    }
    long deadline = agenda.now() + 60_000;
    while (agenda.now() < deadline && agenda.step()) {}
    RunOutcome outcome = coordinator.outcome().orElseThrow();
    for (SimulatedWorker worker : workers.values()) {
      if (worker.isAlive()) {
        throw new AssertionError("left behind: " + worker.describe() + "; " + describe());
      }
    }
    return outcome;
  }

  /** Runs until something is so. */
  void runUntil(java.util.function.BooleanSupplier reached) {
    while (!reached.getAsBoolean()) {
      if (!agenda.step() || agenda.now() > LIMIT_MILLIS) {
        throw new AssertionError("it never happens: " + describe());
      }
    }
  }

  String describe() {
    List<String> lines = new ArrayList<>();
    lines.add("at " + agenda.now() + " ms: " + coordinator.describe());
    workers.values().stream().limit(20).forEach(worker -> lines.add(worker.describe()));
    return String.join("\n", lines);
  }
}
