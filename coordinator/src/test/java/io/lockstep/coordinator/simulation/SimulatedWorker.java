package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.coordinator.machine.ToWorker;
import io.lockstep.data.plan.Shard;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker that follows docs/elasticity.md: joins memberships, exchanges shards, reduces, applies
 * and saves. It survives its own death under the same name.
 */
final class SimulatedWorker {
  private static final long THINK_MILLIS = 150;
  private static final long PEER_MILLIS = 30;
  private static final long WRITE_MILLIS = 1500;
  private static final long RETRY_MILLIS = 40;
  private static final long PEER_TIMEOUT_MILLIS = 1200;

  /** A model is loaded within that time. */
  private static final long LOAD_MILLIS = 3000;

  private final Simulation simulation;
  private final Agenda agenda;
  private final Model model;
  private final String name;
  private final SimulatedProcess process;
  private final SimulatedSession session;
  private final HeldShards shards;
  private Optional<ToWorker.Stop> lastStop = Optional.empty();
  private @Nullable Membership membership;
  private @Nullable Peers peers;
  private int rank;
  private boolean leaving;
  private boolean loaded;
  private boolean connecting;
  private boolean broken;
  private Optional<Event.Broken> lastBroken = Optional.empty();
  private long readyFor;
  private boolean computing;
  private long leasedUntil;

  SimulatedWorker(Simulation simulation, String name) {
    this.simulation = simulation;
    this.agenda = simulation.agenda();
    this.model = simulation.model();
    this.name = name;
    process = new SimulatedProcess(agenda);
    session = new SimulatedSession(simulation, this, process);
    shards = new HeldShards(model);
  }

  String name() {
    return name;
  }

  SimulatedSession session() {
    return session;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Whether it has yet to be given something to compute in its membership. */
  boolean isJoining() {
    Membership present = membership;
    return !session.isWelcome() || present == null || leasedUntil == present.nextStep();
  }

  boolean isLeaving() {
    return leaving;
  }

  Optional<ToWorker.Stop> lastStop() {
    return lastStop;
  }

  String describe() {
    Membership present = membership;
    return "%s%s rank %d of generation %d, holds %s"
        .formatted(
            name,
            process.isAlive() ? "" : " (dead)",
            rank,
            present == null ? 0 : present.generation(),
            shards.all());
  }

  // ---- life

  void start() {
    process.start();
    leaving = false;
    lastStop = Optional.empty();
    shards.clear();
    membership = null;
    peers = null;
    loaded = false;
    connecting = false;
    computing = false;
    lastBroken = Optional.empty();
    readyFor = 0;
    session.start();
    process.later(agenda.between(0, LOAD_MILLIS), this::load);
  }

  private void load() {
    loaded = true;
    if (session.isWelcome()) {
      session.say(on -> new Event.Ready(on, 0));
    }
  }

  /** SIGKILL: everything it held is gone, and its connections end. */
  void kill() {
    if (process.isAlive()) {
      end();
      session.kill();
      simulation.peerDied(this);
    }
  }

  private void end() {
    process.end();
    computing = false;
    shards.clear();
  }

  /** SIGSTOP for a while. */
  void freeze(long millis) {
    process.stop(millis);
  }

  /** SIGTERM. */
  void leave() {
    if (process.isAlive()) {
      leaving = true;
      if (session.isWelcome()) {
        session.say(on -> new Event.Leaving(on, "SIGTERM"));
      }
    }
  }

  /** What is under way becomes void. */
  void newTurn() {
    process.newTurn();
    computing = false;
  }

  // ---- the coordinator

  /** Its Hello on a stream. */
  Event introduction(long on) {
    return new Event.Joined(
        on,
        name,
        "10.0.0.1:" + name,
        "simulated",
        name + "/" + process.incarnation(),
        shards.holdings(),
        !loaded);
  }

  /** Its heartbeat on a stream. */
  Event heartbeat(long on) {
    Membership present = membership;
    return new Event.Heartbeat(
        on, present == null ? 0 : present.generation(), "working", standing(on));
  }

  /** All that holds of it, unless it is of the kind that says everything once. */
  private Optional<Event.Standing> standing(long on) {
    return simulation.saysEverythingOnce()
        ? Optional.empty()
        : Optional.of(
            new Event.Standing(
                !loaded,
                leaving ? "SIGTERM" : "",
                readyFor,
                missing(),
                lastBroken.map(report ->
                    new Event.Broken(on, report.generation(), report.peer(), report.what()))));
  }

  private List<Integer> missing() {
    Peers connections = peers;
    return connecting && connections != null ? connections.missing(this) : List.of();
  }

  void hear(ToWorker message) {
    switch (message) {
      case ToWorker.Welcome _ -> {
        if (leaving && simulation.saysEverythingOnce()) {
          session.say(on -> new Event.Leaving(on, "SIGTERM"));
        }
      }
      case ToWorker.NewMembership next -> enter(next.membership(), next.rank());
      case ToWorker.Lease lease -> lease(lease);
      case ToWorker.Commit commit -> commit(commit);
      case ToWorker.SaveCheckpoint save -> save(save);
      case ToWorker.Evaluate evaluate -> evaluate(evaluate);
      case ToWorker.Evaluation _ -> {}
      case ToWorker.Stop stop -> stop(stop);
      case ToWorker.Pulse _ -> {}
    }
  }

  private void stop(ToWorker.Stop stop) {
    if (stop.rejoin()) {
      session.rejoin(stop.rejoinAfterMillis());
      return;
    }
    lastStop = Optional.of(stop);
    session.end();
    end();
    simulation.peerDied(this);
  }

  // ---- memberships

  private void enter(Membership next, int newRank) {
    Membership before = membership;
    if (before != null && next.generation() <= before.generation()) {
      // Said again.
      return;
    }
    newTurn();
    lastBroken = Optional.empty();
    membership = next;
    rank = newRank;
    broken = false;
    leasedUntil = next.nextStep();
    Peers connections = simulation.peers(next);
    peers = connections;
    connections.enter(rank, this);
    shards.keepListed(next, rank);
    connecting = true;
    meet(next, connections);
  }

  /** Goes on once everybody is there; whoever stays away is the coordinator's business. */
  private void meet(Membership next, Peers connections) {
    if (!connections.missing(this).isEmpty()) {
      process.inTurn(RETRY_MILLIS, () -> meet(next, connections));
      return;
    }
    connecting = false;
    if (rank >= next.members().size()) {
      process.inTurn(agenda.between(0, PEER_MILLIS), this::ready);
      return;
    }
    Shard shard = new Shard(rank, next.members().size(), simulation.replicates());
    if (next.holders().isEmpty()) {
      load(next, shard);
    } else {
      exchange(next, connections, shard);
    }
  }

  private void load(Membership next, Shard shard) {
    next.checkpoint()
        .ifPresentOrElse(
            folder -> simulation.disk().requireComplete(folder, next.nextStep()),
            () -> require(next.nextStep() == 0, "no source of the state: " + next));
    Map<Integer, Long> content = new HashMap<>();
    shards.forEachBucket(
        shard, bucket -> content.put(bucket, model.expected(next.nextStep(), bucket)));
    process.inTurn(agenda.between(0, THINK_MILLIS), () -> hold(shard, next.nextStep(), content));
  }

  private void exchange(Membership next, Peers connections, Shard shard) {
    Map<Integer, Set<Integer>> bySource = new HashMap<>();
    shards.forEachBucket(
        shard,
        bucket ->
            bySource.computeIfAbsent(connections.source(bucket), _ -> new HashSet<>()).add(bucket));
    Map<Integer, Long> received = new HashMap<>();
    if (bySource.isEmpty()) {
      process.inTurn(1, () -> hold(shard, next.nextStep(), received));
    }
    Set<Integer> missing = new HashSet<>(bySource.keySet());
    bySource.forEach((source, buckets) ->
        fetch(
            connections,
            source,
            buckets,
            agenda.now(),
            content -> {
              received.putAll(content);
              missing.remove(source);
              if (missing.isEmpty()) {
                hold(shard, next.nextStep(), received);
              }
            }));
  }

  /** Gets buckets from the worker of a rank, once that one is in this generation too. */
  private void fetch(
      Peers connections,
      int source,
      Set<Integer> buckets,
      long since,
      Consumer<Map<Integer, Long>> delivery) {
    process.inTurn(
        agenda.between(1, PEER_MILLIS),
        () -> {
          if (broken) {
            return;
          }
          SimulatedWorker peer = source == rank ? this : connections.byRank(source);
          if (peer != null && isReachable(peer, connections)) {
            delivery.accept(peer.shards.give(buckets));
          } else if (agenda.now() - since > PEER_TIMEOUT_MILLIS) {
            breakOff(source);
          } else {
            process.inTurn(
                RETRY_MILLIS, () -> fetch(connections, source, buckets, since, delivery));
          }
        });
  }

  private boolean isReachable(SimulatedWorker peer, Peers connections) {
    return peer.isIn(connections)
        && peer.process.isAlive()
        && !peer.process.isStopped()
        && !isCutFrom(peer);
  }

  boolean isCutFrom(SimulatedWorker other) {
    return simulation.isCut(this, other);
  }

  private boolean isIn(Peers connections) {
    return connections.equals(peers);
  }

  private void hold(Shard shard, long steps, Map<Integer, Long> content) {
    shards.hold(shard, steps, content);
    ready();
  }

  private void ready() {
    long generation = generation();
    readyFor = generation;
    session.say(on -> new Event.Ready(on, generation));
  }

  private long generation() {
    Membership present = membership;
    if (present == null) {
      throw new AssertionError(name + " is in no membership");
    }
    return present.generation();
  }

  // ---- steps

  private void lease(ToWorker.Lease lease) {
    if (lease.generation() == generation() && lease.firstStep() + lease.steps() <= leasedUntil) {
      // Said again.
      return;
    }
    require(lease.generation() == generation(), "a lease of another generation: " + lease);
    require(lease.firstStep() == leasedUntil, "a lease that doesn't follow the last: " + lease);
    leasedUntil += lease.steps();
    shards.dropOld();
    computeNext();
  }

  private void computeNext() {
    Peers connections = peers;
    long step = shards.present().steps();
    if (computing
        || broken
        || step >= leasedUntil
        || shards.present().holding().reducedNext()
        || connections == null) {
      return;
    }
    computing = true;
    process.inTurn(
        agenda.between(0, THINK_MILLIS),
        () -> {
          for (SimulatedWorker member : connections.contribute(step, this)) {
            member.process.inTurn(
                agenda.between(0, PEER_MILLIS), () -> member.reduced(connections, step));
          }
        });
  }

  private void reduced(Peers connections, long step) {
    Optional<Integer> unreachable = simulation.unreachable(this, connections);
    if (!isIn(connections) || broken) {
      return;
    }
    if (unreachable.isPresent()) {
      process.inTurn(agenda.between(100, PEER_TIMEOUT_MILLIS), () -> breakOff(unreachable.get()));
      return;
    }
    computing = false;
    shards.present().reduce(step);
    long generation = generation();
    Shard shard = shards.present().shard();
    session.say(on ->
        new Event.Reduced(
            on,
            generation,
            step,
            model.virtualRanks(step, shard.rank(), shard.world()),
            model.owned(step, shard)));
  }

  private void commit(ToWorker.Commit commit) {
    require(
        commit.step().generation() == generation(), "a commit of another generation: " + commit);
    require(commit.step().step() == shards.present().steps(), "a commit out of order: " + commit);
    shards.present().apply();
    long generation = generation();
    long step = commit.step().step();
    computing = true;
    process.inTurn(
        agenda.between(0, PEER_MILLIS),
        () -> {
          computing = false;
          if (!broken || agenda.oneIn(2)) {
            session.say(on -> new Event.Applied(on, generation, step));
            computeNext();
          }
        });
  }

  /** Computes its share; sometimes rank 0 computes all, as where weights are shared out. */
  private void evaluate(ToWorker.Evaluate evaluate) {
    shards.dropOld();
    require(
        shards.present().steps() == evaluate.steps(),
        "asked to evaluate another state than it holds: " + evaluate);
    int records = simulation.plan().evaluations().records();
    int world = shards.present().shard().world();
    boolean alone = evaluate.steps() % 2 == 0;
    int first = alone ? Math.min(rank, 1) * records : records * rank / world;
    int end = alone ? records : records * (rank + 1) / world;
    process.inTurn(
        agenda.between(0, THINK_MILLIS),
        () ->
            session.say(on ->
                new Event.Evaluated(
                    on,
                    evaluate.generation(),
                    evaluate.steps(),
                    first,
                    model.evaluated(evaluate.steps(), first, end))));
  }

  private void save(ToWorker.SaveCheckpoint save) {
    shards.dropOld();
    HeldShard present = shards.present();
    require(present.steps() == save.steps(), "asked to save another state than it holds: " + save);
    Map<Integer, Long> part = new HashMap<>();
    Shard.Span owned = present.shard().owned(model.buckets());
    for (int bucket = owned.first(); bucket < owned.end(); bucket++) {
      part.put(bucket, present.values().get(bucket));
    }
    String file = "part-" + rank;
    process.later(
        agenda.between(1, WRITE_MILLIS),
        () -> {
          if (simulation.disk().write(save.dir(), part)) {
            session.say(on ->
                new Event.PartWritten(
                    on,
                    save.generation(),
                    save.steps(),
                    List.of(new Event.CheckpointFile(file, 1, "0".repeat(64)))));
          }
        });
  }

  // ---- broken connections

  /** Another worker's process has ended, as its connections tell. */
  void peerDied(String peer) {
    Peers connections = peers;
    if (!process.isAlive() || connections == null) {
      return;
    }
    int dead = connections.rank(peer);
    if (dead >= 0 && dead != rank) {
      process.inTurn(agenda.between(0, 100), () -> breakOff(dead));
    }
  }

  private void breakOff(int peer) {
    if (!broken) {
      broken = true;
      computing = false;
      connecting = false;
      long generation = generation();
      lastBroken = Optional.of(new Event.Broken(0, generation, peer, "connection to rank " + peer));
      session.say(on -> new Event.Broken(on, generation, peer, "connection to rank " + peer));
    }
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError(describe() + ": " + problem);
    }
  }
}
