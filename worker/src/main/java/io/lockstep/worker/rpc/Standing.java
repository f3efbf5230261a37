package io.lockstep.worker.rpc;

import org.jspecify.annotations.Nullable;

/**
 * What holds of this worker until it changes. It is said as soon as it changes and again with every
 * heartbeat, so that it doesn't matter on which stream, or between which two, it came to hold.
 *
 * @param loaded whether the model is loaded
 * @param leaving why the worker has to end, null if it doesn't
 * @param ready the newest generation that it is ready for, 0 if none
 * @param broken what became of its connections in the newest generation that it came into, null if
 *     they hold
 */
record Standing(boolean loaded, @Nullable String leaving, long ready, @Nullable Broken broken) {

  static final Standing NEW = new Standing(false, null, 0, null);

  /** The connections of a generation are gone. */
  record Broken(long generation, int peer, String what) {}

  Standing hasLoaded() {
    return new Standing(true, leaving, ready, broken);
  }

  Standing wantsToLeave(String reason) {
    return new Standing(loaded, reason, ready, broken);
  }

  Standing isReady(long generation) {
    return new Standing(loaded, leaving, generation, broken);
  }

  Standing isBroken(Broken now) {
    return new Standing(loaded, leaving, ready, now);
  }
}
