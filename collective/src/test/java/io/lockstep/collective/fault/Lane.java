package io.lockstep.collective.fault;

/** The present fault of one direction of a proxy and what has come through it. Thread-safe. */
final class Lane {

  private Fault fault = new Fault.None();
  private long bytes;
  private long corruptAt = -1;
  private long freeAtNanos;

  synchronized void set(Fault next) {
    fault = next;
    corruptAt = next instanceof Fault.Corrupt corrupt ? bytes + corrupt.at() : -1;
    freeAtNanos = System.nanoTime();
  }

  synchronized Fault fault() {
    return fault;
  }

  synchronized long bytes() {
    return bytes;
  }

  /** Counts bytes that have come; returns the index of the one to damage, or -1. */
  synchronized long count(int length) {
    long begin = bytes;
    bytes += length;
    if (corruptAt >= begin && corruptAt < bytes) {
      long index = corruptAt - begin;
      corruptAt = -1;
      return index;
    }
    return -1;
  }

  /** When bytes that have come now may go on, on the clock of {@link System#nanoTime}. */
  synchronized long due(int length) {
    long now = System.nanoTime();
    return switch (fault) {
      case Fault.Delay delay -> now + delay.by().toNanos();
      case Fault.Throttle throttle -> {
        freeAtNanos =
            Math.max(now, freeAtNanos) + length * 1_000_000_000L / throttle.bytesPerSecond();
        yield freeAtNanos;
      }
      case Fault.None _, Fault.Hold _, Fault.Swallow _, Fault.Reset _, Fault.Corrupt _ -> now;
    };
  }
}
