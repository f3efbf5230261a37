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
import io.lockstep.worker.config.TrainingConfig;
import io.lockstep.worker.train.Session.BucketFigures;
import io.lockstep.worker.train.Session.Contribution;
import io.lockstep.worker.train.Session.StepTimes;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.GradientBuffers;
import io.lockstep.worker.zero.GradientRanges;
import io.lockstep.worker.zero.GradientReducer;
import io.lockstep.worker.zero.PassTable;
import io.lockstep.worker.zero.ReducedGradient;
import io.lockstep.worker.zero.ResidentRanges;
import io.lockstep.worker.zero.StepSequence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

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
  private final boolean sharesWeights;
  private final TrainingConfig training;
  private PassTable passes = PassTable.UNKNOWN;
  private long sentBefore;

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
    training = config.training();
    sharesWeights = config.cluster().sharesWeights();
    discards = config.cluster().zeroStage() > 1;
    ranges =
        discards
            ? GradientRanges.of(gradientStep.segments(), buckets)
            : GradientRanges.whole(gradientStep.segments(), buckets);
    reducer = new GradientReducer(collective, shard, buckets, virtualRanks, discards);
    sentBefore = collective.sentBytes();
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
    List<Contribution> contributions = new ArrayList<>();
    buffers.reset();
    reducer.begin(step);
    StepInput input = new StepInput(step, watch);
    @Nullable FullyShardedParameters shared = sharesWeights ? sharedWeights(input) : null;
    BlockAccumulator<NDArray> sums =
        new BlockAccumulator<>(tree, span.first(), span.end(), buffers::sum);
    double compute = 0;
    for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
      requireNotOver(step, isOver);
      MicroBatch microBatch = input.take(virtualRank);
      NDArray gradient = buffers.acquire();
      boolean last = virtualRank == span.end() - 1;
      GradientBucketHook ready = last ? handingOver(sums.addLast(gradient), shared) : null;
      contributions.add(compute(microBatch, gradient, shared, ready));
      if (!last) {
        sums.add(virtualRank, gradient);
      }
      compute += watch.lap();
    }
    if (shared != null) {
      shared.stepDone();
    }
    ReducedGradient reduced = reducer.finish();
    List<BucketFigures> figures = figures(reduced);
    StepTimes times =
        new StepTimes(step, input.seconds, compute, watch.lap(), Torch.residentBytes());
    return new Reduction(reduced, List.copyOf(contributions), figures, times);
  }

  private void requireNotOver(long step, BooleanSupplier isOver) {
    if (isOver.getAsBoolean()) {
      throw new AbortedException(
          rank(), CollectiveException.NO_PEER, 0, "step " + step + " is not needed any more", null);
    }
  }

  /** What makes the sums of the last virtual rank, whose gradient is about to be computed. */
  private GradientBucketHook handingOver(
      BlockAccumulator.LastSums<NDArray> last, @Nullable FullyShardedParameters shared) {
    if (discards) {
      buffers.discardUnused();
    }
    GradientBucketHook ready =
        new GradientBucketHook(
            last,
            ranges,
            discards,
            shared == null
                ? (segment, range, sums) -> reducer.reduce(range, sums)
                : (segment, range, sums) -> shared.complete(segment, sums));
    if (shared != null) {
      shared.last(ready);
    }
    return ready;
  }

  private Contribution compute(
      MicroBatch microBatch,
      NDArray gradient,
      @Nullable FullyShardedParameters shared,
      @Nullable GradientBucketHook ready)
      throws SampleException {
    if (shared != null) {
      return gradientStep.compute(microBatch, gradient, shared, shared::passDone);
    }
    if (ready != null) {
      return gradientStep.compute(microBatch, gradient, weights(ready));
    }
    return gradientStep.compute(microBatch, gradient);
  }

  /** The micro-batches of a step, in order; counts the seconds that they were waited for. */
  private final class StepInput {
    private final long step;
    private final Stopwatch watch;
    private final Deque<MicroBatch> ahead = new ArrayDeque<>();
    private double seconds;

    StepInput(long step, Stopwatch watch) {
      this.step = step;
      this.watch = watch;
    }

    MicroBatch take(int virtualRank) throws SampleException, InterruptedException {
      MicroBatch next = ahead.poll();
      MicroBatch taken = next != null ? next : prefetcher.take(step, virtualRank);
      seconds += watch.lap();
      return taken;
    }

    /** Takes all of them, to say whether each of their passes has pictures. */
    List<Boolean> passes() throws SampleException, InterruptedException {
      List<Boolean> passes = new ArrayList<>();
      for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
        MicroBatch microBatch = prefetcher.take(step, virtualRank);
        ahead.add(microBatch);
        passes.addAll(gradientStep.passes(microBatch));
      }
      return passes;
    }
  }

  /** Tells everybody what this rank computes, and lays out the exchanges of the step. */
  private FullyShardedParameters sharedWeights(StepInput input)
      throws SampleException, InterruptedException {
    ResidentRanges resident =
        new ResidentRanges(TensorMemory.of(parameters.flat()), reducer.held());
    resident.discardRest();
    List<Boolean> own = input.passes();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment[] parts = new MemorySegment[collective.size()];
      int samples = training.samplesPerVirtualRank();
      Arrays.setAll(
          parts,
          peer ->
              arena.allocate(
                  PassTable.bytes(samples, training.virtualRanks(), peer, parts.length)));
      PassTable.write(own, parts[rank()]);
      reducer.tellPasses(parts);
      passes = PassTable.read(parts);
    }
    StepSequence sequence =
        StepSequence.of(gradientStep.segments(), parameters.layout(), ranges, passes);
    return new FullyShardedParameters(rank(), parameters, reducer, resident, passes, sequence);
  }

  /** The parameters this process holds; hears of the ranges that are complete. */
  private SegmentWeights weights(GradientBucketHook ready) {
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

  /**
   * Brings everybody's parameters up to date after a step was applied. Where weights are shared
   * out, nobody needs those of others before the next step, except rank 0 to save them.
   *
   * @param isLast whether the state may be saved after this step
   */
  void gather(long step, boolean isLast) {
    MemorySegment flat = TensorMemory.of(parameters.flat());
    if (!sharesWeights) {
      reducer.gather(step, flat);
    } else if (isLast) {
      reducer.collect(step, flat);
    }
  }

  /** Bytes sent to the others since this was asked last; of what a step sends, after it. */
  long sentBytes() {
    long now = collective.sentBytes();
    long sent = now - sentBefore;
    sentBefore = now;
    return sent;
  }

  /** Number of ranks. */
  int size() {
    return collective.size();
  }

  /** What all ranks computed in the last step; unknown where weights are not shared out. */
  PassTable passes() {
    return passes;
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
