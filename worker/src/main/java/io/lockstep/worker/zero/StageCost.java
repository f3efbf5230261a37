package io.lockstep.worker.zero;

import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.zero.Buckets.Range;
import io.lockstep.worker.zero.Routes.Leg;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a rank holds and sends if training state is shared out up to a stage of ZeRO (Rajbhandari et
 * al., "ZeRO: Memory optimizations toward training trillion parameter models", 2020): stage 1
 * shares out the optimizer's moments, 2 the reduced gradients too, 3 the weights too. At stage 0
 * everybody has everything, which no run does. What is trained is float32 with all that belongs to
 * it; activations are not counted.
 *
 * <p>With replicas a rank holds twice the share of moments and reduced gradients, and of weights at
 * stage 3.
 *
 * @param stage 0 to 3
 * @param weightBytes the model's weights: at stage 3 those that are frozen, owned or copied, and
 *     the two largest segments, of which one is computed and one on its way
 * @param gradientBytes the most that there are at the same time: sums of virtual ranks that wait
 *     for others, the one that is being computed, and what is reduced of those owned and copied.
 *     From stage 2 on the last virtual rank's are given away as they are computed, so that of them
 *     the two largest ranges count, as long as the network keeps up
 * @param optimizerBytes both moments of AdamW
 * @param sentBytes bytes that it sends in one step, frames included; at stage 3 besides, once in a
 *     lease, its share of the weights goes to rank 0
 */
public record StageCost(
    int stage, long weightBytes, long gradientBytes, long optimizerBytes, long sentBytes) {

  /** The highest stage. */
  public static final int STAGES = 3;

  private static final int GRADIENTS_STAGE = 2;
  private static final int MOMENTS = 2;
  private static final int AT_ONCE = 2;

  /**
   * What is trained and how it is cut.
   *
   * @param frozenBytes what weights take that are not trained, hence never shared out
   * @param segments of the model
   * @param layout of what is trained
   * @param samples of a virtual rank
   */
  public record Subject(
      long frozenBytes,
      List<SegmentSpec> segments,
      ParameterLayout layout,
      Buckets buckets,
      int virtualRanks,
      int samples,
      boolean replicates) {

    public Subject {
      segments = List.copyOf(segments);
    }
  }

  /**
   * The costs of all stages on the rank that has most of each.
   *
   * @param world number of ranks, at least 1
   * @param passes through the model that a virtual rank makes in a step
   */
  public static List<StageCost> of(Subject subject, int world, int passes) {
    PassTable table = PassTable.even(subject.virtualRanks(), world, passes);
    List<StageCost> stages = new ArrayList<>();
    for (int stage = 0; stage <= STAGES; stage++) {
      StageCost most = new StageCost(stage, 0, 0, 0, 0);
      for (int rank = 0; rank < world; rank++) {
        most = most.max(of(subject, stage, rank, table));
      }
      stages.add(most);
    }
    return List.copyOf(stages);
  }

  /**
   * The costs of one rank.
   *
   * @param passes of all ranks in the step
   */
  public static StageCost of(Subject subject, int stage, int rank, PassTable passes) {
    int world = passes.pictures().size();
    Shard shard = new Shard(rank, world, stage > 0 && subject.replicates());
    Routes routes = new Routes(shard, subject.buckets(), subject.virtualRanks());
    long whole = subject.buckets().floats();
    long held = routes.owned().floats() + routes.copied().floats();
    long weights =
        stage < STAGES
            ? whole
            : Math.min(
                whole,
                held
                    + largest(
                        subject.segments().stream()
                            .flatMap(segment ->
                                Stream.of(
                                    floats(StepSequence.weights(segment, subject.layout()))))));
    return new StageCost(
        stage,
        subject.frozenBytes() + Dtype.FLOAT32.bytes(weights),
        Dtype.FLOAT32.bytes(gradients(subject, stage, routes, rank)),
        Dtype.FLOAT32.bytes(MOMENTS * (stage == 0 ? whole : held)),
        sent(subject, stage, routes, rank, passes));
  }

  private static long gradients(Subject subject, int stage, Routes routes, int rank) {
    RankSpan span = RankSpan.of(subject.virtualRanks(), rank, routes.world());
    BlockAccumulator<Long> sums =
        new BlockAccumulator<>(routes.tree(), span.first(), span.end(), (left, right) -> left);
    long whole = subject.buckets().floats();
    long most = 0;
    for (int virtualRank = span.first(); virtualRank < span.end() - 1; virtualRank++) {
      most = Math.max(most, (sums.held() + 1) * whole);
      sums.add(virtualRank, whole);
    }
    long last =
        stage < GRADIENTS_STAGE
            ? whole
            : Math.min(
                whole, largest(ranges(subject, stage).descending().stream().map(Range::floats)));
    long reduced = stage == 0 ? 0 : routes.owned().floats() + routes.copied().floats();
    return Math.max(most, sums.held() * whole + last) + reduced;
  }

  private static GradientRanges ranges(Subject subject, int stage) {
    return stage < GRADIENTS_STAGE
        ? GradientRanges.whole(subject.segments(), subject.buckets())
        : GradientRanges.of(subject.segments(), subject.buckets());
  }

  private static long largest(Stream<Long> sizes) {
    return sizes.sorted(Comparator.reverseOrder()).limit(AT_ONCE).mapToLong(Long::longValue).sum();
  }

  private static long floats(List<Range> ranges) {
    return ranges.stream().mapToLong(Range::floats).sum();
  }

  private static long sent(Subject subject, int stage, Routes routes, int rank, PassTable passes) {
    GradientRanges ranges = ranges(subject, stage);
    long bytes = 0;
    for (Range range : ranges.descending()) {
      bytes += wireBytes(routes.reduceSends(range)) + wireBytes(routes.copySends(range));
    }
    if (stage < STAGES) {
      return bytes
          + wireBytes(routes.gatherSends(List.of(subject.buckets().whole()), taker -> true));
    }
    int peers = routes.world() - 1;
    bytes +=
        peers
            * TcpCollective.wireBytes(
                PassTable.bytes(subject.samples(), subject.virtualRanks(), rank, routes.world()));
    StepSequence sequence = StepSequence.of(subject.segments(), subject.layout(), ranges, passes);
    for (StepSequence.Event event : sequence.events()) {
      if (event instanceof StepSequence.Gather gather) {
        bytes +=
            wireBytes(
                routes.gatherSends(
                    gather.ranges(),
                    taker -> passes.takesPart(taker, gather.round(), gather.segment())));
      }
    }
    return bytes;
  }

  private static long wireBytes(List<Leg> legs) {
    return legs.stream()
        .mapToLong(leg -> TcpCollective.wireBytes(Dtype.FLOAT32.bytes(leg.range().floats())))
        .sum();
  }

  private StageCost max(StageCost other) {
    return new StageCost(
        stage,
        Math.max(weightBytes, other.weightBytes),
        Math.max(gradientBytes, other.gradientBytes),
        Math.max(optimizerBytes, other.optimizerBytes),
        Math.max(sentBytes, other.sentBytes));
  }

  /** Everything a rank holds. */
  public long totalBytes() {
    return weightBytes + gradientBytes + optimizerBytes;
  }
}
