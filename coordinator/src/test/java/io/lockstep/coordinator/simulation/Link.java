package io.lockstep.coordinator.simulation;

/** A worker's stream to the coordinator: in order both ways, each message after its own delay. */
final class Link {
  private final long session;
  private final SimulatedWorker worker;
  private long lastUp;
  private long lastDown;
  private boolean broken;
  private boolean abandoned;

  Link(long session, SimulatedWorker worker) {
    this.session = session;
    this.worker = worker;
  }

  long session() {
    return session;
  }

  SimulatedWorker worker() {
    return worker;
  }

  /** When a message sent up arrives. */
  long up(long earliest) {
    lastUp = Math.max(lastUp, earliest);
    return lastUp;
  }

  /** When a message sent down arrives. */
  long down(long earliest) {
    lastDown = Math.max(lastDown, earliest);
    return lastDown;
  }

  /** The coordinator is gone or has closed it: nothing arrives any more. */
  void breakUp() {
    broken = true;
  }

  boolean isBroken() {
    return broken;
  }

  /** The worker listens to another one. */
  void abandon() {
    abandoned = true;
  }

  boolean isAbandoned() {
    return abandoned;
  }
}
