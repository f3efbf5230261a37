package io.lockstep.worker.train;

/**
 * The connections of a generation: members connect to each other, and before that, if some depart,
 * everybody does to move the state.
 */
final class Rounds {

  private Rounds() {}

  /** Number of the connection in which the departing take part. */
  static long handover(long generation) {
    return 2 * generation;
  }

  /** Number of the members' connection. */
  static long training(long generation) {
    return 2 * generation + 1;
  }
}
