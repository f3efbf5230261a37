package io.lockstep.worker.train;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.Session.BucketFigures;
import io.lockstep.worker.train.Session.Contribution;
import io.lockstep.worker.train.Session.StepTimes;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.GradientBuffers;
import io.lockstep.worker.zero.GradientRanges;
import io.lockstep.worker.zero.GradientReducer;
import io.lockstep.worker.zero.ReducedGradient;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A worker's part in one generation of the world: its block of virtual ranks, its shard of the
 * state and its connections. One step runs in three phases, the same for a world of one:
 *
 * <ol>
 *   <li>{@link #reduce}: compute the block's micro-batches, sum their gradients along the tree,
 *       send each owner its range;
 *   <li>the coordinator commits the step once everybody has reduced, and the {@link Replica}
 *       updates what it holds;
 *   <li>{@link #gather}: everybody gets the parameters that others have updated.
 * </ol>
 */
final class Generation implements AutoCloseable {

  private final Directive.World world;
  private final Collective collective;
  private final Shard shard;
  private final RankSpan span;
  private final Buckets buckets;
  private final Parameters parameters;
  private final GradientReducer reducer;
  private final GradientBuffers buffers;
  private final Prefetcher prefetcher;
  private final GradientStep gradientStep;
  private final ReductionTree tree;
  private final GradientRanges ranges;
  private final boolean discards;

  /** What a worker has of a step after reducing it. */
  record Reduction(
      ReducedGradient gradient,
      List<Contribution> contributions,
      List<BucketFigures> figures,
      StepTimes times) {}

  /**
   * Takes a place in a world.
   *
   * @param parameters what is trained, up to date
   * @param buffers of the size of what is trained; outlive this generation
   * @param collective the members' connections, closed with this
   */
  Generation(
      Directive.World world,
      RunConfig config,
      Shard shard,
      Buckets buckets,
      Parameters parameters,
      GradientBuffers buffers,
      GradientStep gradientStep,
      MicroBatches microBatches,
      long totalSteps,
      Collective collective) {
    this.world = world;
    this.shard = shard;
    this.buckets = buckets;
    this.parameters = parameters;
    this.buffers = buffers;
    this.gradientStep = gradientStep;
    this.collective = collective;
    int virtualRanks = config.training().virtualRanks();
    tree = new ReductionTree(virtualRanks);
    span = RankSpan.of(virtualRanks, world.rank(), world.members().size());
    discards = config.cluster().zeroStage() > 1;
    ranges =
        discards
            ? GradientRanges.of(gradientStep.segments(), buckets)
            : GradientRanges.whole(gradientStep.segments(), buckets);
    reducer = new GradientReducer(collective, shard, buckets, virtualRanks, discards);
    prefetcher = microBatches.prefetch(world.nextStep(), totalSteps, span);
  }

  long number() {
    return world.generation();
  }

  int rank() {
    return world.rank();
  }

  /**
   * Computes this worker's share of a step and reduces the gradients over the world.
   *
   * @param isOver asked between two virtual ranks: the rest of an abandoned step isn't computed
   * @throws AbortedException if it was
   */
  Reduction reduce(long step, BooleanSupplier isOver) throws SampleException, InterruptedException {
    Stopwatch watch = new Stopwatch();
    double data = 0;
    double compute = 0;
    List<Contribution> contributions = new ArrayList<>();
    buffers.reset();
    reducer.begin(step);
    BlockAccumulator<NDArray> sums =
        new BlockAccumulator<>(tree, span.first(), span.end(), buffers::sum);
    for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
      if (isOver.getAsBoolean()) {
        throw new AbortedException(
            rank(),
            CollectiveException.NO_PEER,
            0,
            "step " + step + " is not needed any more",
            null);
      }
      MicroBatch microBatch = prefetcher.take(step, virtualRank);
      data += watch.lap();
      NDArray gradient = buffers.acquire();
      if (virtualRank < span.end() - 1) {
        contributions.add(gradientStep.compute(microBatch, gradient));
        sums.add(virtualRank, gradient);
      } else {
        if (discards) {
          buffers.discardUnused();
        }
        RangeByRange ready =
            new RangeByRange(
                sums.addLast(gradient),
                ranges,
                discards,
                (segment, range, complete) -> reducer.reduce(range, complete));
        contributions.add(gradientStep.compute(microBatch, gradient, weights(ready)));
      }
      compute += watch.lap();
    }
    ReducedGradient reduced = reducer.finish();
    List<BucketFigures> figures = figures(reduced);
    StepTimes times = new StepTimes(step, data, compute, watch.lap(), Torch.residentBytes());
    return new Reduction(reduced, List.copyOf(contributions), figures, times);
  }

  /** The parameters this process holds; hears of the ranges that are complete. */
  private SegmentWeights weights(RangeByRange ready) {
    return new SegmentWeights() {
      @Override
      public Weights enter(SegmentSpec segment, Pass pass) {
        return parameters;
      }

      @Override
      public void gradientReady(SegmentSpec segment) {
        ready.from(segment);
      }
    };
  }

  /** Brings everybody's parameters up to date after a step was applied. */
  void gather(long step) {
    reducer.gather(step, TensorMemory.of(parameters.flat()));
  }

  private List<BucketFigures> figures(ReducedGradient reduced) {
    MemorySegment owned = TensorMemory.of(reduced.owned());
    long start = reducer.owned().start();
    List<BucketFigures> figures = new ArrayList<>();
    for (Buckets.Bucket bucket : buckets.buckets(shard.owned(buckets.count()))) {
      long offset = (bucket.range().start() - start) * Float.BYTES;
      figures.add(
          BucketDigest.of(
              bucket.index(), owned.asSlice(offset, bucket.range().floats() * Float.BYTES)));
    }
    return List.copyOf(figures);
  }

  @Override
  public void close() {
    prefetcher.close();
    collective.close();
    reducer.close();
  }
}
