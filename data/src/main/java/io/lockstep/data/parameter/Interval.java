package io.lockstep.data.parameter;

/** Numbers from low to high, both included. */
public record Interval(double low, double high) {

  /** Refuses an empty one. */
  public Interval {
    if (!(low <= high)) {
      throw new IllegalArgumentException("[%s, %s] holds no number".formatted(low, high));
    }
  }

  /** Whether the number lies in it. */
  public boolean contains(double number) {
    return number >= low && number <= high;
  }
}
