package io.lockstep.datatools.stats;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Whole numbers from 0 on, counted in bounded memory: below {@value #EXACT} each for itself, above
 * to a hundredth of its magnitude. Count, sum, least and greatest are exact.
 */
public final class Histogram {

  private static final int EXACT = 256;

  /** Steps into which the numbers between two powers of two are cut. */
  private static final int STEPS = 128;

  private static final int STEP_BITS = 7;
  private static final int EXACT_BITS = 8;
  private static final int[] NICE = {1, 2, 5};

  private final TreeMap<Integer, Long> buckets = new TreeMap<>();
  private long count;
  private long sum;
  private long least = Long.MAX_VALUE;
  private long greatest;

  /**
   * A range of a chart.
   *
   * @param from its least number
   * @param to its greatest number
   */
  public record Bar(long from, long to, long count) {

    /** The range as text. */
    public String label() {
      return from == to ? Long.toString(from) : from + "-" + to;
    }
  }

  /** Counts a number. */
  public void add(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("can't count " + value + ": it is negative");
    }
    buckets.merge(bucket(value), 1L, Long::sum);
    count++;
    sum += value;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }

  private static int bucket(long value) {
    if (value < EXACT) {
      return (int) value;
    }
    int bits = Long.SIZE - 1 - Long.numberOfLeadingZeros(value);
    int step = (int) (value >>> (bits - STEP_BITS)) - STEPS;
    return EXACT + (bits - EXACT_BITS) * STEPS + step;
  }

  /** The least number of a bucket. */
  private static long low(int bucket) {
    if (bucket < EXACT) {
      return bucket;
    }
    int bits = (bucket - EXACT) / STEPS + EXACT_BITS;
    long step = (bucket - EXACT) % STEPS + (long) STEPS;
    return step << (bits - STEP_BITS);
  }

  /** How many numbers were counted. */
  public long count() {
    return count;
  }

  /** The least number; 0 if there is none. */
  public long least() {
    return count == 0 ? 0 : least;
  }

  /** The greatest number; 0 if there is none. */
  public long greatest() {
    return greatest;
  }

  /** The mean; not a number if there is none. */
  public double mean() {
    return count == 0 ? Double.NaN : (double) sum / count;
  }

  /**
   * A number that so large a share of them doesn't exceed, to a hundredth; 0 if there is none.
   *
   * @param share from 0 to 1
   */
  public long quantile(double share) {
    long rank = Math.max(1, (long) Math.ceil(share * count));
    long passed = 0;
    for (var bucket : buckets.entrySet()) {
      passed += bucket.getValue();
      if (passed >= rank) {
        return Math.clamp(low(bucket.getKey() + 1) - 1, least, greatest);
      }
    }
    return 0;
  }

  /** At most so many ranges of equal width that cover everything, the empty ones between too. */
  public List<Bar> bars(int most) {
    if (count == 0) {
      return List.of();
    }
    long width = width(most);
    TreeMap<Long, Long> ranges = new TreeMap<>();
    for (long range = least / width; range <= greatest / width; range++) {
      ranges.put(range, 0L);
    }
    buckets.forEach(
        (bucket, number) -> ranges.merge(Math.max(least, low(bucket)) / width, number, Long::sum));
    List<Bar> bars = new ArrayList<>();
    ranges.forEach(
        (range, number) -> bars.add(new Bar(range * width, (range + 1) * width - 1, number)));
    return bars;
  }

  private long width(int most) {
    for (long power = 1; ; power *= 10) {
      for (int nice : NICE) {
        long width = nice * power;
        if (greatest / width - least / width < most) {
          return width;
        }
      }
    }
  }
}
