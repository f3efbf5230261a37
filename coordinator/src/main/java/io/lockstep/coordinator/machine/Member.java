package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the machine knows of one worker that has joined, whether it takes part in the present epoch
 * or is a spare; owned by the machine's thread.
 */
final class Member {
  final long session;
  final WorkerId id;
  final String address;
  final String capability;

  /** The machine that it runs on, empty if it didn't say. */
  final String node;

  /** What decides the bits of its results. */
  final Numerics numerics;

  /** Whether it can use NCCL. */
  final NcclAbility nccl;

  /** A worker's part in the present epoch. */
  enum Role {
    /** None. */
    SPARE,
    /** Computes and holds a shard. */
    MEMBER,
    /** Hands over its shards and leaves. */
    DEPARTING
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

  Role role = Role.SPARE;

  /** Rank in the present epoch, -1 for a spare. */
  int rank = -1;

  /** Has been in an epoch of this coordinator. */
  boolean hasTrained;

  /**
   * Has taken part in a committed step: it reaches its peers and they reach it. One that hasn't is
   * a newcomer.
   */
  boolean proven;

  /** When it first said that it has entered the present epoch; -1 before. */
  long enteredAt = -1;

  /** Ranks that it has no connection with yet, by its newest heartbeat. */
  List<Integer> awaited = List.of();

  /** Is connected to all peers and holds the state of the present epoch. */
  boolean ready;

  /** Shards that it holds, the oldest first. */
  List<Holding> holdings;

  /** What it reported for the step being reduced. */
  StepDecision.@Nullable Report report;

  long reducedStep = -1;
  long appliedStep = -1;

  /** How its connections to peers broke in the present epoch, if they did. */
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
    nccl = joined.nccl();
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

  /** Whether it can be a member of the next epoch. */
  boolean isAvailable() {
    return !loading && leaving == null;
  }

  /** Whether it holds a shard that it can bring to {@code committed} steps. */
  boolean holdsSomethingOf(long committed) {
    return holdings.stream().anyMatch(holding -> holding.isUsableAt(committed));
  }

  /** Is given a part in a new epoch, for which it keeps these shards until it is ready. */
  void enter(Role newRole, int newRank, long nextStep, List<Holding> kept) {
    role = newRole;
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

  /** The epoch is over: it is a spare until the next. */
  void dismiss() {
    role = Role.SPARE;
    rank = -1;
    ready = false;
    enteredAt = -1;
    awaited = List.of();
    report = null;
    broken = null;
  }

  /** It has entered the present epoch, as one of its messages tells. */
  void entered(long now) {
    if (enteredAt < 0) {
      enteredAt = now;
    }
  }

  Membership.Participant asParticipant() {
    return new Membership.Participant(name(), address, capability);
  }

  RunStatus.WorkerStatus status(long now) {
    String doing = leaving == null ? activity : activity + ", wants to leave";
    return new RunStatus.WorkerStatus(name(), rank, doing, now - lastSeen, reducedStep, node);
  }

  /** For messages: the name, and the rank if there is one. */
  String describe() {
    return rank < 0 ? name() : name() + " (rank " + rank + ")";
  }
}
