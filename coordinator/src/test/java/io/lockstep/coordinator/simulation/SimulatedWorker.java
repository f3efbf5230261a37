package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.machine.Event;
import io.lockstep.coordinator.machine.Holding;
import io.lockstep.coordinator.machine.Membership;
import io.lockstep.coordinator.machine.ToWorker;
import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A worker that follows docs/elasticity.md: holds shards, exchanges them, reduces, applies, saves,
 * and looks for its coordinator when it is gone. It survives its own death under the same name.
 */
final class SimulatedWorker {
  private static final long THINK_MILLIS = 150;
  private static final long PEER_MILLIS = 30;
  private static final long WRITE_MILLIS = 1500;
  private static final long RETRY_MILLIS = 40;
  private static final long TEAR_TIMEOUT_MILLIS = 1200;

  /** A model is loaded within that time. */
  private static final long LOAD_MILLIS = 3000;

  /** Silence of a coordinator that hasn't answered a Hello yet. */
  private static final long ANSWER_MILLIS = 3000;

  private final Simulation simulation;
  private final Agenda agenda;
  private final Model model;
  private final String name;
  private final List<HeldShard> shards = new ArrayList<>();
  private Optional<ToWorker.Stop> lastStop = Optional.empty();
  private @Nullable Link link;
  private @Nullable Membership membership;
  private @Nullable Peers peers;
  private int rank;
  private int incarnation;
  private boolean alive;
  private boolean leaving;
  private boolean torn;
  private boolean welcome;
  private boolean loaded;
  private boolean connecting;
  private Optional<Event.Broken> lastBroken = Optional.empty();
  private long readyFor;
  private boolean computing;
  private long frozenUntil;
  private long cutOffUntil;
  private long leasedUntil;
  private long lastHeard;
  private long silenceMillis = Long.MAX_VALUE;

  /** Changes whenever what is under way becomes void. */
  private long turn;

  SimulatedWorker(Simulation simulation, String name) {
    this.simulation = simulation;
    this.agenda = simulation.agenda();
    this.model = simulation.model();
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean isAlive() {
    return alive;
  }

  /** Whether it has yet to be given something to compute in its membership. */
  boolean isJoining() {
    Membership present = membership;
    return !welcome || present == null || leasedUntil == present.nextStep();
  }

  boolean isLeaving() {
    return leaving;
  }

  Optional<ToWorker.Stop> lastStop() {
    return lastStop;
  }

  long cutOffUntil() {
    return cutOffUntil;
  }

  String describe() {
    Membership present = membership;
    return "%s%s rank %d of generation %d, holds %s"
        .formatted(
            name,
            alive ? "" : " (dead)",
            rank,
            present == null ? 0 : present.generation(),
            shards.stream().map(HeldShard::holding).toList());
  }

  // ---- life

  void start() {
    alive = true;
    leaving = false;
    lastStop = Optional.empty();
    incarnation++;
    shards.clear();
    membership = null;
    peers = null;
    link = null;
    loaded = false;
    connecting = false;
    lastBroken = Optional.empty();
    readyFor = 0;
    silenceMillis = ANSWER_MILLIS;
    newTurn();
    connect();
    heartbeat(incarnation);
    think(agenda.between(0, LOAD_MILLIS), this::load);
  }

  private void load() {
    loaded = true;
    if (welcome) {
      say(session -> new Event.Ready(session, 0));
    }
  }

  /** SIGKILL: everything it held is gone, and its connections end. */
  void kill() {
    if (!alive) {
      return;
    }
    alive = false;
    shards.clear();
    newTurn();
    Link present = link;
    if (present != null) {
      simulation.streamEnds(present);
    }
    link = null;
    simulation.peerDied(this);
  }

  /** SIGSTOP for a while. */
  void freeze(long millis) {
    frozenUntil = Math.max(frozenUntil, agenda.now() + millis);
  }

  /** Nothing gets through between it and the coordinator for a while. */
  void cutOff(long millis) {
    cutOffUntil = Math.max(cutOffUntil, agenda.now() + millis);
  }

  /** SIGTERM. */
  void leave() {
    if (alive) {
      leaving = true;
      if (welcome) {
        say(session -> new Event.Leaving(session, "SIGTERM"));
      }
    }
  }

  private void newTurn() {
    turn++;
    computing = false;
  }

  /** Runs later in this process, when it doesn't stand still. */
  private void think(long delay, Runnable what) {
    int process = incarnation;
    agenda.later(delay, () -> whenAwake(process, what));
  }

  private void whenAwake(int process, Runnable what) {
    if (!alive || process != incarnation) {
      return;
    }
    if (agenda.now() < frozenUntil) {
      agenda.at(frozenUntil, () -> whenAwake(process, what));
    } else {
      what.run();
    }
  }

  /** The same, unless the present turn is over by then. */
  private void inTurn(long delay, Runnable what) {
    long mine = turn;
    think(
        delay,
        () -> {
          if (mine == turn) {
            what.run();
          }
        });
  }

  // ---- the coordinator

  private void connect() {
    Link before = link;
    if (before != null) {
      before.abandon();
    }
    welcome = false;
    lastHeard = agenda.now();
    newTurn();
    Optional<Link> opened = simulation.open(this);
    link = opened.orElse(null);
    if (opened.isEmpty()) {
      think(agenda.between(50, 400), this::connectAgain);
      return;
    }
    say(session ->
        new Event.Joined(
            session,
            name,
            "10.0.0.1:" + name,
            "simulated",
            name + "/" + incarnation,
            holdings(),
            !loaded));
  }

  private void connectAgain() {
    if (link == null) {
      connect();
    }
  }

  private List<Holding> holdings() {
    List<Holding> all = shards.stream().map(HeldShard::holding).toList();
    return all.size() <= 2 ? all : List.of(all.getFirst(), all.getLast());
  }

  private void heartbeat(int process) {
    think(
        simulation.heartbeatMillis(),
        () -> {
          if (process != incarnation) {
            return;
          }
          Membership present = membership;
          long generation = present == null ? 0 : present.generation();
          if (agenda.now() - lastHeard > silenceMillis) {
            connect();
          } else if (welcome) {
            say(session -> new Event.Heartbeat(session, generation, "working", standing(session)));
          }
          heartbeat(process);
        });
  }

  /** All that holds of it, unless it is of the kind that says everything once. */
  private Optional<Event.Standing> standing(long session) {
    return simulation.saysEverythingOnce()
        ? Optional.empty()
        : Optional.of(
            new Event.Standing(
                !loaded,
                leaving ? "SIGTERM" : "",
                readyFor,
                missing(),
                lastBroken.map(broken ->
                    new Event.Broken(session, broken.generation(), broken.peer(), broken.what()))));
  }

  private List<Integer> missing() {
    Peers connections = peers;
    return connecting && connections != null ? connections.missing(this) : List.of();
  }

  private void say(LongFunction<Event> event) {
    Link present = link;
    if (present != null) {
      simulation.up(present, event.apply(present.session()));
    }
  }

  /** The stream ended from the other side. */
  void streamEnded(Link ended) {
    int process = incarnation;
    whenAwake(
        process,
        () -> {
          if (ended == link) {
            link = null;
            welcome = false;
            think(agenda.between(10, 300), this::connectAgain);
          }
        });
  }

  /** The stream breaks; both sides come to know. */
  void breakStream() {
    Link present = link;
    if (alive && present != null) {
      present.breakUp();
      simulation.streamBroke(present);
    }
  }

  void receive(Link from, ToWorker message) {
    whenAwake(
        incarnation,
        () -> {
          if (from == link) {
            lastHeard = agenda.now();
            hear(message);
          }
        });
  }

  private void hear(ToWorker message) {
    switch (message) {
      case ToWorker.Welcome hello -> {
        welcome = true;
        silenceMillis = hello.silenceMillis();
        if (leaving && simulation.saysEverythingOnce()) {
          say(session -> new Event.Leaving(session, "SIGTERM"));
        }
      }
      case ToWorker.NewMembership next -> enter(next.membership(), next.rank());
      case ToWorker.Lease lease -> lease(lease);
      case ToWorker.Commit commit -> commit(commit);
      case ToWorker.SaveCheckpoint save -> save(save);
      case ToWorker.Stop stop -> stop(stop);
      case ToWorker.Pulse _ -> {}
    }
  }

  private void stop(ToWorker.Stop stop) {
    if (stop.rejoin()) {
      link = null;
      think(stop.rejoinAfterMillis() + agenda.between(1, 200), this::connectAgain);
      return;
    }
    lastStop = Optional.of(stop);
    alive = false;
    link = null;
    shards.clear();
    newTurn();
    simulation.peerDied(this);
  }

  // ---- memberships

  private void enter(Membership next, int newRank) {
    Membership before = membership;
    if (before != null && next.generation() == before.generation()) {
      // Said again.
      return;
    }
    require(
        before == null || next.generation() > before.generation(), "an old membership: " + next);
    newTurn();
    lastBroken = Optional.empty();
    membership = next;
    rank = newRank;
    torn = false;
    leasedUntil = next.nextStep();
    Peers connections = simulation.peers(next);
    peers = connections;
    connections.enter(rank, this);
    keepWhatIsListed(next);
    connecting = true;
    meet(next, connections);
  }

  /** Goes on once everybody is there; whoever stays away is the coordinator's business. */
  private void meet(Membership next, Peers connections) {
    if (!connections.missing(this).isEmpty()) {
      inTurn(RETRY_MILLIS, () -> meet(next, connections));
      return;
    }
    connecting = false;
    if (rank >= next.members().size()) {
      inTurn(agenda.between(0, PEER_MILLIS), this::ready);
      return;
    }
    Shard shard = new Shard(rank, next.members().size(), simulation.replicates());
    if (next.holders().isEmpty()) {
      next.checkpoint()
          .ifPresentOrElse(
              folder -> simulation.disk().requireComplete(folder, next.nextStep()),
              () -> require(next.nextStep() == 0, "no source of the state: " + next));
      Map<Integer, Long> loaded = new HashMap<>();
      forEachBucket(shard, bucket -> loaded.put(bucket, model.expected(next.nextStep(), bucket)));
      inTurn(agenda.between(0, THINK_MILLIS), () -> hold(shard, next.nextStep(), loaded));
    } else {
      exchange(next, connections, shard);
    }
  }

  private interface BucketAction {
    void accept(int bucket);
  }

  private void forEachBucket(Shard shard, BucketAction action) {
    for (Shard.Span span : shard.held(model.buckets())) {
      for (int bucket = span.first(); bucket < span.end(); bucket++) {
        action.accept(bucket);
      }
    }
  }

  private void keepWhatIsListed(Membership next) {
    Set<Shard> listed = new HashSet<>();
    for (Membership.Holder holder : next.holders()) {
      if (holder.rank() == rank) {
        listed.add(holder.holding().shard());
      }
    }
    shards.removeIf(held -> !listed.contains(held.shard()));
    require(shards.size() == listed.size(), "it doesn't hold all of " + listed);
    for (HeldShard held : shards) {
      require(next.lastCommit().isPresent() || held.steps() == next.nextStep(), "no last commit");
      held.bringTo(next.nextStep());
    }
  }

  private void exchange(Membership next, Peers connections, Shard shard) {
    Map<Integer, Set<Integer>> bySource = new HashMap<>();
    forEachBucket(
        shard,
        bucket ->
            bySource.computeIfAbsent(connections.source(bucket), _ -> new HashSet<>()).add(bucket));
    Map<Integer, Long> received = new HashMap<>();
    if (bySource.isEmpty()) {
      inTurn(1, () -> hold(shard, next.nextStep(), received));
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

  private interface Delivery {
    void accept(Map<Integer, Long> content);
  }

  /** Gets buckets from the worker of a rank, once that one is in this generation too. */
  private void fetch(
      Peers connections, int source, Set<Integer> buckets, long since, Delivery delivery) {
    inTurn(
        agenda.between(1, PEER_MILLIS),
        () -> {
          if (torn) {
            return;
          }
          SimulatedWorker peer = source == rank ? this : connections.byRank(source);
          boolean reachable =
              peer != null
                  && peer.isIn(connections)
                  && peer.alive
                  && agenda.now() >= peer.frozenUntil
                  && !simulation.isCut(this, peer);
          if (reachable && peer != null) {
            delivery.accept(peer.give(buckets));
          } else if (agenda.now() - since > TEAR_TIMEOUT_MILLIS) {
            tear(source);
          } else {
            inTurn(RETRY_MILLIS, () -> fetch(connections, source, buckets, since, delivery));
          }
        });
  }

  boolean isCutFrom(SimulatedWorker other) {
    return simulation.isCut(this, other);
  }

  private boolean isIn(Peers connections) {
    return connections.equals(peers);
  }

  private Map<Integer, Long> give(Set<Integer> buckets) {
    Map<Integer, Long> given = new HashMap<>();
    for (HeldShard held : shards) {
      forEachBucket(
          held.shard(),
          bucket -> {
            Long value = held.values().get(bucket);
            if (buckets.contains(bucket) && value != null) {
              given.put(bucket, value);
            }
          });
    }
    return given;
  }

  private void hold(Shard shard, long steps, Map<Integer, Long> content) {
    shards.removeIf(held -> held.shard().equals(shard));
    shards.add(new HeldShard(model, shard, steps, content));
    ready();
  }

  private void ready() {
    long generation = generation();
    readyFor = generation;
    say(session -> new Event.Ready(session, generation));
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
    dropOldShards();
    computeNext();
  }

  /** Everybody is ready: what it held before isn't needed any more. */
  private void dropOldShards() {
    while (shards.size() > 1) {
      shards.removeFirst();
    }
  }

  private HeldShard shard() {
    require(shards.size() == 1, "it trains and holds " + holdings());
    return shards.getFirst();
  }

  private void computeNext() {
    Peers connections = peers;
    long step = shard().steps();
    if (computing
        || torn
        || step >= leasedUntil
        || shard().holding().reducedNext()
        || connections == null) {
      return;
    }
    computing = true;
    inTurn(
        agenda.between(0, THINK_MILLIS),
        () -> {
          for (SimulatedWorker member : connections.contribute(step, this)) {
            member.inTurn(agenda.between(0, PEER_MILLIS), () -> member.reduced(connections, step));
          }
        });
  }

  private void reduced(Peers connections, long step) {
    Optional<Integer> unreachable = simulation.unreachable(this, connections);
    if (!isIn(connections) || torn) {
      return;
    }
    if (unreachable.isPresent()) {
      inTurn(agenda.between(100, TEAR_TIMEOUT_MILLIS), () -> tear(unreachable.get()));
      return;
    }
    computing = false;
    shard().reduce(step);
    long generation = generation();
    Shard shard = shard().shard();
    say(session ->
        new Event.Reduced(
            session,
            generation,
            step,
            model.virtualRanks(step, shard.rank(), shard.world()),
            model.owned(step, shard)));
  }

  private void commit(ToWorker.Commit commit) {
    require(
        commit.step().generation() == generation(), "a commit of another generation: " + commit);
    require(commit.step().step() == shard().steps(), "a commit out of order: " + commit);
    shard().apply();
    long generation = generation();
    long step = commit.step().step();
    computing = true;
    inTurn(
        agenda.between(0, PEER_MILLIS),
        () -> {
          computing = false;
          if (!torn || agenda.oneIn(2)) {
            say(session -> new Event.Applied(session, generation, step));
            computeNext();
          }
        });
  }

  private void save(ToWorker.SaveCheckpoint save) {
    dropOldShards();
    require(shard().steps() == save.steps(), "asked to save another state than it holds: " + save);
    Map<Integer, Long> part = new HashMap<>();
    Shard.Span owned = shard().shard().owned(model.buckets());
    for (int bucket = owned.first(); bucket < owned.end(); bucket++) {
      part.put(bucket, shard().values().get(bucket));
    }
    String file = "part-" + rank;
    think(
        agenda.between(1, WRITE_MILLIS),
        () -> {
          if (simulation.disk().write(save.dir(), part)) {
            say(session ->
                new Event.PartWritten(
                    session,
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
    if (!alive || connections == null) {
      return;
    }
    int dead = connections.rank(peer);
    if (dead >= 0 && dead != rank) {
      inTurn(agenda.between(0, 100), () -> tear(dead));
    }
  }

  private void tear(int peer) {
    if (!torn) {
      torn = true;
      computing = false;
      connecting = false;
      long generation = generation();
      lastBroken = Optional.of(new Event.Broken(0, generation, peer, "connection to rank " + peer));
      say(session -> new Event.Broken(session, generation, peer, "connection to rank " + peer));
    }
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError(describe() + ": " + problem);
    }
  }
}
