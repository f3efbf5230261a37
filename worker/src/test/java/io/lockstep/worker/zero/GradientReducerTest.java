package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.nccl.standin.StandIn;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Devices;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.IsolatedDevice;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.ClusterConfig.Reduction;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranks that reduce and gather over loopback sockets hold the same bits, however many they are. */
class GradientReducerTest {

  private static final int FLOATS = 4 * 64 + 16;
  private static final int STEPS = 3;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void everyWorldEndsWithTheSameBits() throws Exception {
    for (int virtualRanks : new int[] {4, 6, 7}) {
      assertSameBitsInAllWorlds(virtualRanks, 64, true);
      assertSameBitsInAllWorlds(virtualRanks, 64, false);
    }
  }

  @Test
  void ranksThatOwnNothingStillGetEverything() throws Exception {
    assertSameBitsInAllWorlds(5, 256, true);
    assertSameBitsInAllWorlds(5, 256, false);
  }

  @Test
  void theOrderOfSummationIsOneThatShowsInTheBits() throws Exception {
    float[] inTreeOrder = LocalRanks.run(1, ranks -> train(ranks, 7, 64, 1, true)).getFirst();
    float[] oneByOne = new float[FLOATS];
    for (int virtualRank = 0; virtualRank < 7; virtualRank++) {
      float[] gradient = gradient(0, virtualRank);
      for (int i = 0; i < FLOATS; i++) {
        oneByOne[i] += gradient[i];
      }
    }
    assertFalse(Arrays.equals(oneByOne, inTreeOrder));
    assertArrayEquals(oneByOne, inTreeOrder, 0.1f);
  }

  @Test
  void aWorldOfOneOwnsTheWholeBuffer() {
    try (GradientReducer reducer =
        new GradientReducer(
            LocalRanks.alone(),
            new Shard(0, 1, true),
            new Buckets(FLOATS, 64),
            4,
            true,
            Devices.HOST,
            Reduction.ORDERED)) {
      assertEquals(new Range(0, FLOATS), reducer.owned());
    }
  }

  /** Pieces are added where they arrive: nothing passes through host memory but what tests read. */
  @Test
  void overNcclSumsAreMadeOnTheDeviceToTheBitsOfTcp() throws Exception {
    float[] alone = LocalRanks.run(1, ranks -> train(ranks, 7, 64, STEPS, true)).getFirst();
    try (IsolatedDevice device = IsolatedDevice.install();
        StandIn nccl = new StandIn(false).withPieces(128)) {
      for (float[] values : LocalRanks.run(3, nccl, ranks -> train(ranks, 7, 64, STEPS, true))) {
        assertArrayEquals(alone, values);
      }
      // The gradients that a test writes, and nothing else.
      assertEquals(STEPS * 7L * FLOATS * Float.BYTES, device.bytesFromHost());
      assertEquals(0, device.bytesToHost());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, true", "2, true", "2, false", "3, true", "4, false"})
  void sumsOfNcclAreTheSameOnAllRanksAndEachTime(int world, boolean replicates) throws Exception {
    float[] ordered = LocalRanks.run(1, ranks -> train(ranks, 7, 64, STEPS, true)).getFirst();
    List<List<float[]>> runs = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      try (IsolatedDevice _ = IsolatedDevice.install();
          StandIn nccl = new StandIn(false)) {
        runs.add(
            LocalRanks.run(
                world, nccl, ranks -> train(ranks, 7, 64, STEPS, replicates, Reduction.NATIVE)));
      }
    }
    for (int rank = 0; rank < world; rank++) {
      assertArrayEquals(runs.get(0).get(0), runs.get(0).get(rank));
      assertArrayEquals(runs.get(0).get(0), runs.get(1).get(rank));
    }
    assertArrayEquals(ordered, runs.get(0).get(0), 0.1f);
  }

  private static void assertSameBitsInAllWorlds(
      int virtualRanks, int bucketFloats, boolean replicates) throws Exception {
    float[] alone =
        LocalRanks.run(1, ranks -> train(ranks, virtualRanks, bucketFloats, STEPS, replicates))
            .getFirst();
    for (int world = 2; world <= 4; world++) {
      List<float[]> all =
          LocalRanks.run(
              world, ranks -> train(ranks, virtualRanks, bucketFloats, STEPS, replicates));
      for (int rank = 0; rank < world; rank++) {
        assertArrayEquals(
            alone, all.get(rank), "V = " + virtualRanks + ", rank " + rank + " of " + world);
      }
    }
  }

  /** Adds the reduced gradients of some steps to parameters that begin at zero. */
  private static float[] train(
      Collective ranks, int virtualRanks, int bucketFloats, int steps, boolean replicates)
      throws InterruptedException {
    return train(ranks, virtualRanks, bucketFloats, steps, replicates, Reduction.ORDERED);
  }

  private static float[] train(
      Collective ranks,
      int virtualRanks,
      int bucketFloats,
      int steps,
      boolean replicates,
      Reduction reduction)
      throws InterruptedException {
    Shard shard = new Shard(ranks.rank(), ranks.size(), replicates);
    Buckets buckets = new Buckets(FLOATS, bucketFloats);
    RankSpan span = RankSpan.of(virtualRanks, ranks.rank(), ranks.size());
    ReductionTree tree = new ReductionTree(virtualRanks);
    try (GradientReducer reducer =
            new GradientReducer(
                ranks, shard, buckets, virtualRanks, true, Devices.ofTensors(), reduction);
        GradientBuffers buffers = new GradientBuffers(FLOATS);
        Scope lasting = Scope.lasting()) {
      NDArray parameters = lasting.zeros(Dtype.FLOAT32, FLOATS);
      for (int step = 0; step < steps; step++) {
        try (Scope scope = Scope.open()) {
          BlockAccumulator<NDArray> sums =
              new BlockAccumulator<>(tree, span.first(), span.end(), buffers::sum);
          for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
            NDArray gradient = buffers.acquire();
            Buffer.of(gradient).commit();
            var _ = Buffer.of(gradient).copyFrom(Buffer.onHost(gradient(step, virtualRank)));
            sums.add(virtualRank, gradient);
          }
          Map<Node, NDArray> partials = sums.finish();
          reducer.begin(step);
          // As going backwards completes them, cut anywhere.
          reducer.reduce(new Range(100, FLOATS), partials);
          reducer.reduce(new Range(64, 100), partials);
          reducer.reduce(new Range(0, 64), partials);
          ReducedGradient reduced = reducer.finish();
          add(parameters, reducer.owned(), reduced.owned());
          add(parameters, buckets.range(shard.copied(buckets.count())), reduced.copied());
          reducer.gather(step, Buffer.of(parameters));
          buffers.reset();
        }
      }
      return parameters.toFloatArray();
    }
  }

  private static void add(NDArray parameters, Range owned, Buffer reduced) {
    assertEquals(owned.floats(), reduced.elements());
    Buffer sum = Buffer.of(parameters).slice(owned.start(), owned.floats());
    sum.device().kernels().add(sum, reduced);
  }

  /** Values of very different size, so that every order of summation rounds differently. */
  private static float[] gradient(int step, int virtualRank) {
    SplittableRandom random = new SplittableRandom(31L * step + virtualRank);
    float[] values = new float[FLOATS];
    for (int i = 0; i < FLOATS; i++) {
      values[i] = (float) ((random.nextDouble() - 0.5) * StrictMath.pow(10, random.nextInt(-4, 4)));
    }
    return values;
  }
}
