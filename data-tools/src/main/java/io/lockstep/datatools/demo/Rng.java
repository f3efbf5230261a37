package io.lockstep.datatools.demo;

import io.lockstep.data.plan.SplitMix64;
import java.util.Arrays;
import java.util.List;

/**
 * A stream of random numbers that depends on its key only: the SplitMix64 generator, whose numbers
 * never change with the Java version.
 */
final class Rng {

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  private Rng(long state) {
    this.state = state;
  }

  /** The stream of a key, for instance (seed, split, index, purpose). */
  static Rng of(long... key) {
    return new Rng(SplitMix64.mix(key));
  }

  private long next() {
    state += GOLDEN;
    return SplitMix64.finalise(state);
  }

  /** Uniform in [0, 1). */
  double unit() {
    return SplitMix64.unit(next());
  }

  /** Uniform in [low, high). */
  double between(double low, double high) {
    return low + (high - low) * unit();
  }

  /** Uniform in 0..bound-1. */
  int below(int bound) {
    return (int) (unit() * bound);
  }

  /** True with the given probability. */
  boolean chance(double probability) {
    return unit() < probability;
  }

  <T> T pick(List<T> choices) {
    return choices.get(below(choices.size()));
  }

  /** Index i with probability weights[i] / sum. */
  int weighted(double... weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    double left = unit() * sum;
    for (int i = 0; i < weights.length - 1; i++) {
      left -= weights[i];
      if (left < 0) {
        return i;
      }
    }
    return weights.length - 1;
  }

  /** {@code count} different numbers of 0..bound-1, ascending. */
  int[] distinct(int count, int bound) {
    int[] deck = new int[bound];
    for (int i = 0; i < bound; i++) {
      deck[i] = i;
    }
    for (int i = 0; i < count; i++) {
      int j = i + below(bound - i);
      int swapped = deck[i];
      deck[i] = deck[j];
      deck[j] = swapped;
    }
    int[] taken = Arrays.copyOf(deck, count);
    Arrays.sort(taken);
    return taken;
  }
}
