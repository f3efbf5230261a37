package io.lockstep.worker.protocol;

import io.lockstep.worker.zero.GradientReducer;

/**
 * The connections of a generation: members connect to each other, and before that, if some depart,
 * everybody does to move the state.
 */
public final class Rounds {

  /** Tag of the exchange that moves the state; those of steps are never negative. */
  public static final long STATE = -1;

  private Rounds() {}

  /** Number of the connection in which the departing take part. */
  public static long handover(long generation) {
    return 2 * generation;
  }

  /** Number of the members' connection. */
  public static long training(long generation) {
    return 2 * generation + 1;
  }

  /** The generation that a connection belongs to. */
  public static long generation(long round) {
    return round / 2;
  }

  /** The same of a tag in every step: what takes about the same time. */
  public static long exchangeKind(long tag) {
    return tag == STATE ? STATE : GradientReducer.exchangeKind(tag);
  }

  /** An exchange in words, such as {@code step 7, reduce}. */
  public static String exchangeName(long tag) {
    return tag == STATE ? "moving the state" : GradientReducer.exchangeName(tag);
  }
}
