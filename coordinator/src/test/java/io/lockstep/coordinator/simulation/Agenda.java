package io.lockstep.coordinator.simulation;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** What will happen, in the order of time; at the same time, in the order it came up. */
final class Agenda {
  private record Due(long at, long order, Runnable what) {}

  private final PriorityQueue<Due> dues =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
  private final SplittableRandom random;
  private long now;
  private long orders;

  Agenda(SplittableRandom random) {
    this.random = random;
  }

  /** Milliseconds since the beginning. */
  long now() {
    return now;
  }

  /** A number in [from, to]. */
  long between(long from, long to) {
    return random.nextLong(from, to + 1);
  }

  boolean oneIn(int chances) {
    return random.nextInt(chances) == 0;
  }

  void later(long delay, Runnable what) {
    at(now + delay, what);
  }

  void at(long time, Runnable what) {
    dues.add(new Due(Math.max(time, now), orders++, what));
  }

  /** Lets the next thing happen; false if there is none. */
  boolean step() {
    Due due = dues.poll();
    if (due == null) {
      return false;
    }
    now = due.at();
    due.what().run();
    return true;
  }
}
