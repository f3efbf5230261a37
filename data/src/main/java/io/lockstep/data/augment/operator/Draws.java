package io.lockstep.data.augment.operator;

import io.lockstep.config.Interval;
import io.lockstep.data.plan.SplitMix64;

/**
 * The random numbers of one operator on one sample: the n-th is a hash of the key and n. For one
 * thread.
 */
public final class Draws {

  private final long key;
  private long drawn;

  /** The sequence that belongs to a key. */
  public Draws(long key) {
    this.key = key;
  }

  /** 64 random bits. */
  public long bits() {
    return SplitMix64.mix(key, drawn++);
  }

  /** A number in [0, 1). */
  public double unit() {
    return SplitMix64.unit(bits());
  }

  /** A number from a, inclusive, to b. */
  public double between(double a, double b) {
    return a + (b - a) * unit();
  }

  /** A number of an interval. */
  public double in(Interval interval) {
    return between(interval.low(), interval.high());
  }

  /** A whole number from 0 to n - 1. */
  public int below(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("there is no whole number from 0 to " + (n - 1));
    }
    return (int) (unit() * n);
  }

  /** A whole number from a to b, both included. */
  public int integer(int a, int b) {
    return a + below(b - a + 1);
  }

  /** True with that probability. */
  public boolean chance(double probability) {
    return unit() < probability;
  }
}
