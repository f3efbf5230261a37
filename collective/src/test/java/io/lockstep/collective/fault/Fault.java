package io.lockstep.collective.fault;

import java.time.Duration;

/** What a proxy does to the bytes of one direction. */
public sealed interface Fault {

  /** Nothing: all bytes go on at once. */
  record None() implements Fault {}

  /** All bytes go on later, in order. */
  record Delay(Duration by) implements Fault {}

  /** No more than so many bytes per second go on. */
  record Throttle(long bytesPerSecond) implements Fault {
    public Throttle {
      if (bytesPerSecond < 1) {
        throw new IllegalArgumentException("throttled to " + bytesPerSecond + " bytes per second");
      }
    }
  }

  /**
   * Bytes and the ends of connections stay where they are and go on when the fault is over: what a
   * partition of the network looks like to TCP.
   */
  record Hold() implements Fault {}

  /**
   * Bytes and the ends of connections vanish as if they had arrived: the other side is gone and
   * nobody says so. A connection that has lost bytes stays dead when the fault is over.
   */
  record Swallow() implements Fault {}

  /** Connections are reset, new ones too. */
  record Reset() implements Fault {}

  /**
   * One bit is flipped, once.
   *
   * @param at which of the bytes that come from now on, from 0
   */
  record Corrupt(long at) implements Fault {}
}
