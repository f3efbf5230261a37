package io.lockstep.benchmark;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.Transfer;
import io.lockstep.collective.tree.Node;
import io.lockstep.data.plan.Shard;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.ClusterConfig.Reduction;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.GradientReducer;
import io.lockstep.worker.zero.ReducedGradient;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Times the reduction of gradients and the gathering of parameters among ranks that call this at
 * the same time with the same arguments.
 */
public final class AllReduceBench {

  /** Bytes summed before anything is timed: the JVM compiles the network path and the adder. */
  private static final long WARM_UP_BYTES = 8L << 30;

  private static final int MIN_WARM_UP = 8;
  private static final int MAX_WARM_UP = 1000;

  /** Element i of rank r is {@code i % MODULUS + r}: sums are whole numbers that float32 holds. */
  private static final int MODULUS = 1 << 16;

  private static final long BUCKETS_PER_RANK = 4;
  private static final long MAX_BUCKET_FLOATS = 1 << 20;

  private AllReduceBench() {}

  /**
   * What one rank measured.
   *
   * @param bytes length of the reduced memory
   * @param medianSeconds middle of all rounds
   * @param p99Seconds the round that 99 % are not slower than
   * @param algorithmBandwidth {@code bytes / medianSeconds}, bytes per second
   */
  public record Result(
      int world, long bytes, double medianSeconds, double p99Seconds, double algorithmBandwidth) {}

  /**
   * Reduces {@code floats} float32 elements as a training step does, one virtual rank for each
   * process and a few buckets for each owner, brings everybody the sums as updated parameters go
   * round, and checks every element of every sum.
   *
   * @param rounds timed repetitions, after some that are not
   * @return seconds of each round, in order
   * @throws IllegalStateException if a sum is wrong
   */
  public static double[] rounds(Collective collective, long floats, int rounds)
      throws InterruptedException {
    int size = collective.size();
    int rank = collective.rank();
    Buckets buckets =
        new Buckets(
            floats,
            Math.toIntExact(Math.clamp(floats / (BUCKETS_PER_RANK * size), 1, MAX_BUCKET_FLOATS)));
    try (Arena arena = Arena.ofConfined();
        Scope scope = Scope.lasting();
        GradientReducer reducer =
            new GradientReducer(
                collective,
                new Shard(rank, size, false),
                buckets,
                size,
                false,
                Devices.HOST,
                Reduction.ORDERED)) {
      int warmUp =
          Math.clamp(WARM_UP_BYTES / Dtype.FLOAT32.bytes(floats), MIN_WARM_UP, MAX_WARM_UP);
      NDArray gradient = scope.zeros(Dtype.FLOAT32, floats);
      Buffer data = Buffer.of(gradient);
      Range owned = reducer.owned();
      double[] seconds = new double[rounds];
      for (int round = -warmUp; round < rounds; round++) {
        int step = round + warmUp;
        fill(data.floats(), rank);
        meet(collective, -1L - step, arena);
        long begin = System.nanoTime();
        reducer.begin(step);
        reducer.reduce(buckets.whole(), Map.of(new Node(rank, rank + 1), gradient));
        ReducedGradient sum = reducer.finish();
        var _ = data.slice(owned.start(), owned.floats()).copyFrom(sum.owned());
        reducer.gather(step, data);
        double elapsed = (System.nanoTime() - begin) / 1e9;
        requireSum(data.floats(), size);
        if (round >= 0) {
          seconds[round] = elapsed;
        }
      }
      return seconds;
    }
  }

  private static void fill(HostFloats data, int rank) {
    long floats = data.size();
    for (long i = 0; i < floats; i++) {
      data.set(i, (float) (i % MODULUS + rank));
    }
  }

  private static void requireSum(HostFloats data, int size) {
    long floats = data.size();
    int ranks = size * (size - 1) / 2;
    for (long i = 0; i < floats; i++) {
      float sum = data.get(i);
      float expected = (float) (size * (i % MODULUS) + ranks);
      if (sum != expected) {
        throw new IllegalStateException(
            "all-reduce over %d ranks gave %s at element %d instead of %s"
                .formatted(size, sum, i, expected));
      }
    }
  }

  /** Empty messages from and to all: nobody's round begins before all are ready. */
  private static void meet(Collective collective, long tag, Arena arena) {
    List<Transfer> empty = new ArrayList<>();
    for (int peer = 0; peer < collective.size(); peer++) {
      if (peer != collective.rank()) {
        empty.add(new Transfer(peer, 0, Buffer.onHost(arena, Dtype.UINT8, 0)));
      }
    }
    collective.exchange(tag, empty, empty);
  }

  /** Figures of a benchmark of {@code bytes} bytes over {@code world} ranks. */
  public static Result result(int world, long bytes, double[] seconds) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    double p99 = sorted[(int) Math.ceil(0.99 * sorted.length) - 1];
    return new Result(world, bytes, median, p99, bytes / median);
  }
}
