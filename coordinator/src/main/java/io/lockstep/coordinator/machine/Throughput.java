package io.lockstep.coordinator.machine;

import java.util.ArrayDeque;

/** Steps per second over the last few commits. */
final class Throughput {
  private static final int WINDOW = 16;

  private final ArrayDeque<Long> commitMillis = new ArrayDeque<>();

  void committed(long now) {
    commitMillis.addLast(now);
    if (commitMillis.size() > WINDOW) {
      commitMillis.removeFirst();
    }
  }

  /** 0 while fewer than two commits are known. */
  double stepsPerSecond() {
    if (commitMillis.size() < 2) {
      return 0;
    }
    long elapsed = Math.max(commitMillis.getLast() - commitMillis.getFirst(), 1);
    return (commitMillis.size() - 1) * 1000.0 / elapsed;
  }
}
