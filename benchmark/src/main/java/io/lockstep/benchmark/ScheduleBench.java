package io.lockstep.benchmark;

import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.SampleRef;
import io.lockstep.data.plan.SplitMix64;
import java.util.Arrays;

/** Times the epoch order on one core. */
public final class ScheduleBench {

  private static final long SEED = 17;
  private static final int ROUNDS = 5;
  private static final int FIRST_SAMPLES = 10_001;
  private static final int BATCH = 1 << 10;
  private static final int VIRTUAL_RANKS = 4;

  private ScheduleBench() {}

  /**
   * What was measured.
   *
   * @param firstSampleCold seconds from nothing to the first sample of an epoch, the first time
   *     that this process asks
   * @param firstSampleMedian the same, middle of many epochs
   * @param firstSampleWorst the same, slowest of them
   * @param positionsPerSecond places of an epoch turned into samples, middle of all rounds
   * @param drawsPerSecond the same through {@link EpochPlan#samplesOf}, as training does it
   * @param checksum of all samples seen, so that none can be left out
   */
  public record Result(
      double firstSampleCold,
      double firstSampleMedian,
      double firstSampleWorst,
      double positionsPerSecond,
      double drawsPerSecond,
      long checksum) {}

  /**
   * Runs it.
   *
   * @param samples size of the data set
   * @param positions walked per round
   */
  public static Result measure(long samples, long positions) {
    long begin = System.nanoTime();
    long checksum = firstSample(samples, 1);
    final double cold = (System.nanoTime() - begin) / 1e9;
    double[] first = new double[FIRST_SAMPLES];
    for (int epoch = 0; epoch < first.length; epoch++) {
      begin = System.nanoTime();
      checksum += firstSample(samples, epoch);
      first[epoch] = (System.nanoTime() - begin) / 1e9;
    }
    double[] walks = new double[ROUNDS];
    double[] draws = new double[ROUNDS];
    // The first round of each is for the compiler.
    for (int round = -1; round < ROUNDS; round++) {
      begin = System.nanoTime();
      checksum += walk(samples, positions, round);
      double walked = (System.nanoTime() - begin) / 1e9;
      begin = System.nanoTime();
      checksum += draw(samples, positions, round + 1);
      double drawn = (System.nanoTime() - begin) / 1e9;
      if (round >= 0) {
        walks[round] = walked;
        draws[round] = drawn;
      }
    }
    Arrays.sort(first);
    return new Result(
        cold,
        first[first.length / 2],
        first[first.length - 1],
        positions / median(walks),
        positions / median(draws),
        checksum);
  }

  private static double median(double[] seconds) {
    Arrays.sort(seconds);
    return seconds[seconds.length / 2];
  }

  private static long firstSample(long samples, int epoch) {
    long position = Math.floorMod((long) epoch, Long.MAX_VALUE / samples) * samples;
    return new EpochPlan(samples, SEED, 1, 1).at(position).sample();
  }

  private static long walk(long samples, long positions, long epoch) {
    KeyedPermutation order = new KeyedPermutation(samples, SplitMix64.mix(SEED, epoch));
    long sum = 0;
    for (long walked = 0; walked < positions; ) {
      long end = Math.min(samples, positions - walked);
      for (long place = 0; place < end; place++) {
        sum += order.at(place);
      }
      walked += end;
    }
    return sum;
  }

  private static long draw(long samples, long positions, int round) {
    EpochPlan plan = new EpochPlan(samples, SEED, BATCH, VIRTUAL_RANKS);
    long sum = 0;
    long step = round * Math.ceilDiv(positions, BATCH);
    for (long drawn = 0; drawn < positions; drawn += BATCH) {
      for (int virtualRank = 0; virtualRank < VIRTUAL_RANKS; virtualRank++) {
        for (SampleRef draw : plan.samplesOf(step, virtualRank)) {
          sum += draw.sample();
        }
      }
      step++;
    }
    return sum;
  }
}
