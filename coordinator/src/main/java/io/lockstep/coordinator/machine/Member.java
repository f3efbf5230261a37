package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the machine knows of one worker; owned by the machine's thread. */
final class Member {
  final long session;
  final WorkerId id;
  final String address;
  final String capability;

  /** The machine that it runs on, empty if it didn't say. */
  final String node;

  /** What decides the bits of its results. */
  final Numerics numerics;

  /** What a worker is to the present world. */
  enum Place {
    /** Not in it. */
    WAITS,
    /** Computes and holds a shard. */
    MEMBER,
    /** Hands over what it holds. */
    DEPARTS
  }

  /**
   * A worker's name, and which of the processes that ever had it.
   *
   * @param incarnation empty if the worker has none
   */
  record WorkerId(String name, String incarnation) {

    /** Whether both are the same process. */
    boolean isSameProcess(WorkerId other) {
      return !incarnation.isEmpty() && equals(other);
    }
  }

  Place place = Place.WAITS;

  /** Rank in the present generation, -1 if it is in none. */
  int rank = -1;

  /** Has been in a world of this coordinator. */
  boolean hasTrained;

  /** Has taken part in a step that was committed: it reaches its peers and they reach it. */
  boolean proven;

  /** When it said first that it has entered the present generation; -1 if it hasn't yet. */
  long enteredAt = -1;

  /** Ranks that it has no connection with yet, as it said last. */
  List<Integer> awaited = List.of();

  /** Holds the state of the present generation. */
  boolean ready;

  /** Shards it holds, the oldest first. */
  List<Holding> holdings;

  /** What it reported for the step being reduced. */
  StepDecision.@Nullable Report report;

  long reducedStep = -1;
  long appliedStep = -1;

  /** What it said when its connections to peers broke in the present generation. */
  Event.@Nullable Broken broken;

  /** Why it has to end, if it said so. */
  @Nullable String leaving;

  /** Has yet to load the model. */
  boolean loading;

  String activity;
  final long joinedAt;
  long lastSeen;

  /** When something was sent to it last. */
  long lastSent;

  Member(Event.Joined joined, long now) {
    session = joined.session();
    id = new WorkerId(joined.name(), joined.incarnation());
    address = joined.address();
    capability = joined.capability();
    node = joined.node();
    numerics = joined.numerics();
    holdings = joined.holdings();
    loading = joined.loading();
    activity = loading ? "loading" : "joined";
    joinedAt = now;
    lastSeen = now;
    lastSent = now;
  }

  String name() {
    return id.name();
  }

  /** Whether it can be in a world. */
  boolean isAvailable() {
    return !loading && leaving == null;
  }

  /** Whether it can bring some of the state to {@code committed} steps. */
  boolean holdsSomethingOf(long committed) {
    return holdings.stream().anyMatch(holding -> holding.isUsableAt(committed));
  }

  /** Enters a world; what it holds is {@code kept} until it is ready. */
  void enter(Place newPlace, int newRank, long nextStep, List<Holding> kept) {
    place = newPlace;
    rank = newRank;
    hasTrained = true;
    ready = false;
    enteredAt = -1;
    awaited = List.of();
    holdings = kept;
    report = null;
    broken = null;
    appliedStep = nextStep - 1;
  }

  /** Leaves the world, which is over. */
  void dismiss() {
    place = Place.WAITS;
    rank = -1;
    ready = false;
    enteredAt = -1;
    awaited = List.of();
    report = null;
    broken = null;
  }

  /** It has said something of the present generation. */
  void entered(long now) {
    if (enteredAt < 0) {
      enteredAt = now;
    }
  }

  WorldMember asWorldMember() {
    return new WorldMember(name(), address, capability);
  }

  RunStatus.WorkerStatus status(long now) {
    String doing = leaving == null ? activity : activity + ", wants to leave";
    return new RunStatus.WorkerStatus(name(), rank, doing, now - lastSeen, reducedStep);
  }

  /** For messages: the name, and the rank if there is one. */
  String describe() {
    return rank < 0 ? name() : name() + " (rank " + rank + ")";
  }
}
