package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The count against what is allocated. */
class DeviceStateTest {

  private static final int FLOATS = 640;
  private static final int BUCKET = 64;
  private static final long PIECE = 8 << 20;

  private final ParameterLayout layout =
      new ParameterLayout(List.of(ParameterSpec.of(ParameterSpec.Module.LLM, "all", FLOATS)));

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private StageCost.Subject subject(int virtualRanks, boolean replicates) {
    return new StageCost.Subject(
        0,
        List.of(new SegmentSpec(0, "all", 0, 1, List.of(), false, 0, FLOATS)),
        layout,
        new Buckets(FLOATS, BUCKET),
        virtualRanks,
        1,
        replicates);
  }

  @ParameterizedTest
  @CsvSource({"1, 4, true", "1, 1, true", "2, 4, true", "3, 8, false", "4, 4, true", "8, 8, true"})
  void everythingTakesWhatIsCounted(int world, int virtualRanks, boolean replicates) {
    StageCost.Subject subject = subject(virtualRanks, replicates);
    DeviceState state = DeviceState.of(subject, 1, world, true);
    long moments = 0;
    long gradients = 0;
    try (Parameters parameters = new Parameters(layout)) {
      assertEquals(Buffer.of(parameters.flat()).bytes(), state.weightBytes());
      for (int rank = 0; rank < world; rank++) {
        Shard shard = new Shard(rank, world, replicates);
        try (HeldShard held =
            new HeldShard(
                shard, subject.buckets(), parameters, ShardedAdamWTest.config(1, 1, 1, 0), 1, 0)) {
          moments = Math.max(moments, held.bytes());
        }
        gradients = Math.max(gradients, gradients(world, virtualRanks, rank));
      }
    }
    assertEquals(state.weightBytes(), state.copyBytes());
    assertEquals(moments, state.optimizerBytes());
    assertEquals(moments / 2, state.reducedBytes(), "a sum where there are two moments");
    assertEquals(gradients, state.gradientBytes());
  }

  /** The buffers that a rank takes as {@code TrainingStep} does. */
  private static long gradients(int world, int virtualRanks, int rank) {
    Set<NDArray> taken = Collections.newSetFromMap(new IdentityHashMap<>());
    RankSpan span = RankSpan.of(virtualRanks, rank, world);
    try (GradientBuffers buffers = new GradientBuffers(FLOATS)) {
      BlockAccumulator<NDArray> sums =
          new BlockAccumulator<>(
              new ReductionTree(virtualRanks), span.first(), span.end(), buffers::sum);
      for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
        NDArray gradient = buffers.acquire();
        taken.add(gradient);
        if (virtualRank == span.end() - 1) {
          var _ = sums.addLast(gradient);
        } else {
          sums.add(virtualRank, gradient);
        }
      }
      return taken.stream().mapToLong(buffer -> Buffer.of(buffer).bytes()).sum();
    }
  }

  @Test
  void piecesOfEachOtherSumAreOnTheirWay() {
    assertEquals(0, DeviceState.of(subject(4, true), 1, 1, true).exchangeBytes());
    assertEquals(0, DeviceState.of(subject(4, true), 1, 4, false).exchangeBytes());
    long share = 3 * BUCKET * 4;
    assertEquals(3 * 2 * share, DeviceState.of(subject(4, true), 1, 4, true).exchangeBytes());
    ParameterLayout large =
        new ParameterLayout(List.of(ParameterSpec.of(ParameterSpec.Module.LLM, "all", 4 * PIECE)));
    StageCost.Subject subject =
        new StageCost.Subject(
            0,
            List.of(new SegmentSpec(0, "all", 0, 1, List.of(), false, 0, large.size())),
            large,
            new Buckets(large.size(), 1 << 18),
            2,
            1,
            true);
    assertEquals(2 * PIECE, DeviceState.of(subject, 1, 2, true).exchangeBytes());
  }

  @Test
  void fromStageTwoOnGradientsGoAsTheyAreComputed() {
    List<ParameterSpec> parts =
        IntStream.range(0, 4)
            .mapToObj(i -> ParameterSpec.of(ParameterSpec.Module.LLM, "part " + i, 1 << 20))
            .toList();
    ParameterLayout layout = new ParameterLayout(parts);
    long each = layout.size() / 4;
    StageCost.Subject subject =
        new StageCost.Subject(
            0,
            IntStream.range(0, 4)
                .mapToObj(i ->
                    new SegmentSpec(
                        i, "part " + i, i, i + 1, List.of(), false, i * each, (i + 1) * each))
                .toList(),
            layout,
            new Buckets(layout.size(), BUCKET),
            2,
            1,
            false);
    DeviceState whole = DeviceState.of(subject, 1, 2, true);
    DeviceState shared = DeviceState.of(subject, 2, 2, true);
    assertEquals(layout.size() * Float.BYTES, whole.gradientBytes());
    assertTrue(shared.gradientBytes() <= whole.gradientBytes() * 3 / 4);
    assertEquals(whole.weightBytes(), DeviceState.of(subject, 3, 2, true).weightBytes());
  }
}
