package io.lockstep.coordinator.machine;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** A worker that computes nothing: answers as a real one would, after a while. */
final class SimulatedWorker {

  /** Where a worker's messages go. */
  interface Uplink {
    void send(SimulatedWorker worker, long thinkMillis, Event.FromWorker event);
  }

  private final long session;
  private final SplittableRandom random;
  private final int world;
  private final Uplink uplink;
  private Optional<ToWorker.Stop> stop = Optional.empty();
  private long lastArrival;
  private long lastDelivery;
  private long generation;
  private int rank;
  private long leasedUntil;
  private long reduced;
  private long applied;
  private boolean dead;

  SimulatedWorker(long session, SplittableRandom random, int world, Uplink uplink) {
    this.session = session;
    this.random = random;
    this.world = world;
    this.uplink = uplink;
  }

  void receive(ToWorker message) {
    if (dead) {
      return;
    }
    if (stop.isPresent()) {
      throw new AssertionError("after its stop a worker got " + message);
    }
    switch (message) {
      case ToWorker.Welcome _ -> {}
      case ToWorker.World formed -> {
        generation = formed.generation();
        rank = formed.rank();
        say(new Event.Ready(session, generation));
      }
      case ToWorker.Lease lease -> {
        require(lease.firstStep() == leasedUntil, "a lease that doesn't follow the last: " + lease);
        leasedUntil += lease.steps();
        computeNext();
      }
      case ToWorker.Commit commit -> {
        require(commit.step().step() == applied, "a commit out of order: " + commit);
        require(reduced == applied + 1, "a commit of a step not reduced: " + commit);
        applied++;
        say(new Event.Applied(session, generation, applied - 1));
        computeNext();
      }
      case ToWorker.SaveCheckpoint save -> {
        require(save.steps() == applied, "asked to save another state than it holds: " + save);
        say(
            new Event.PartWritten(
                session,
                generation,
                save.steps(),
                List.of(new Event.CheckpointFile("part-" + rank, 1, "0".repeat(64)))));
      }
      case ToWorker.Stop last -> stop = Optional.of(last);
    }
  }

  void heartbeat() {
    if (!dead && stop.isEmpty() && random.nextInt(5) == 0) {
      uplink.send(this, 0, new Event.Heartbeat(session, generation, "step " + reduced));
    }
  }

  /** From here on it neither hears nor speaks. */
  void die() {
    dead = true;
  }

  boolean isDead() {
    return dead;
  }

  /** Number of steps it has applied. */
  long applied() {
    return applied;
  }

  Optional<ToWorker.Stop> stop() {
    return stop;
  }

  long session() {
    return session;
  }

  long lastArrival() {
    return lastArrival;
  }

  void setLastArrival(long at) {
    lastArrival = at;
  }

  long lastDelivery() {
    return lastDelivery;
  }

  void setLastDelivery(long at) {
    lastDelivery = at;
  }

  private void computeNext() {
    if (reduced == applied && reduced < leasedUntil) {
      say(Reports.share(session, generation, reduced, rank, world));
      reduced++;
    }
  }

  private void say(Event.FromWorker event) {
    uplink.send(this, random.nextLong(200), event);
  }

  private void require(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError("worker " + rank + " got " + problem);
    }
  }
}
