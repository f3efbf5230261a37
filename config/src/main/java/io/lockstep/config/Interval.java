package io.lockstep.config;

/** Numbers from low to high, both included; in files two numbers, or one for both. */
public record Interval(double low, double high) {

  /** Refuses an empty one. */
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("[%s, %s] holds no number".formatted(low, high));
    }
  }
}
