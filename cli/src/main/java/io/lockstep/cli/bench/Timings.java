package io.lockstep.cli.bench;

import java.util.List;

/**
 * Seconds that the same work took several times.
 *
 * @param sorted the quickest first; at least one
 */
public record Timings(List<Double> sorted) {

  private static final int PERCENT = 100;
  private static final int MOST = 99;

  public Timings {
    sorted = sorted.stream().sorted().toList();
    if (sorted.isEmpty()) {
      throw new IllegalArgumentException("nothing was timed");
    }
  }

  /** The median, the upper one of two. */
  public double p50() {
    return sorted.get(sorted.size() / 2);
  }

  /** What 99 of 100 took at most; the slowest of fewer than 100. */
  public double p99() {
    return sorted.get(sorted.size() * MOST / PERCENT);
  }
}
