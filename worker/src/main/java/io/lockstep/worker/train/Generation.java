package io.lockstep.worker.train;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.Collective;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.collective.tree.Node;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.Session.BucketFigures;
import io.lockstep.worker.train.Session.Contribution;
import io.lockstep.worker.train.Session.StepTimes;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.GradientBuffers;
import io.lockstep.worker.zero.GradientReducer;
import io.lockstep.worker.zero.ShardedAdamW;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A worker's part in one generation of the world: its block of virtual ranks, its shard of the
 * optimizer and its connections. One step runs in three phases, the same for a world of one:
 *
 * <ol>
 *   <li>{@link #reduce}: compute the block's micro-batches, sum their gradients along the tree,
 *       send each owner its range;
 *   <li>the coordinator commits the step once everybody has reduced;
 *   <li>{@link #apply}: update the owned range, give it to all others.
 * </ol>
 */
final class Generation implements AutoCloseable {

  private static final double CLIP_EPSILON = 1e-6;

  private final Directive.World world;
  private final RunConfig config;
  private final Parameters parameters;
  private final Collective collective;
  private final RankSpan span;
  private final Buckets buckets;
  private final GradientReducer reducer;
  private final ShardedAdamW optimizer;
  private final GradientBuffers buffers;
  private final Prefetcher prefetcher;
  private final GradientStep gradientStep;
  private final ReductionTree tree;

  /** What a worker has of a step between reducing and applying it. */
  record Reduction(
      long step,
      NDArray gradient,
      Map<Node, NDArray> partials,
      List<Contribution> contributions,
      List<BucketFigures> figures,
      StepTimes times) {}

  Generation(
      Directive.World world,
      RunConfig config,
      Parameters parameters,
      GradientStep gradientStep,
      MicroBatches microBatches,
      long totalSteps,
      Collective collective) {
    this.world = world;
    this.config = config;
    this.parameters = parameters;
    this.gradientStep = gradientStep;
    this.collective = collective;
    int virtualRanks = config.training().virtualRanks();
    tree = new ReductionTree(virtualRanks);
    span = RankSpan.of(virtualRanks, world.rank(), world.members().size());
    buckets = new Buckets(parameters.layout().size(), config.training().bucketFloats());
    reducer = new GradientReducer(collective, buckets, virtualRanks);
    optimizer = new ShardedAdamW(parameters, config.optimizer(), totalSteps, reducer.owned());
    buffers = new GradientBuffers(parameters.layout().size());
    prefetcher = microBatches.prefetch(world.nextStep(), totalSteps, span);
  }

  long number() {
    return world.generation();
  }

  int rank() {
    return world.rank();
  }

  int size() {
    return world.members().size();
  }

  ShardedAdamW optimizer() {
    return optimizer;
  }

  /** Ends what is in flight; from any thread. */
  void abort(String reason) {
    collective.abort(reason);
  }

  /** Computes this worker's share of a step and reduces the gradients over the world. */
  Reduction reduce(long step) throws SampleException, InterruptedException {
    Stopwatch watch = new Stopwatch();
    double data = 0;
    double compute = 0;
    List<Contribution> contributions = new ArrayList<>();
    BlockAccumulator<NDArray> accumulator =
        new BlockAccumulator<>(tree, span.first(), span.end(), buffers::sum);
    for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
      MicroBatch microBatch = prefetcher.take(step, virtualRank);
      data += watch.lap();
      NDArray gradient = buffers.acquire();
      contributions.add(gradientStep.compute(microBatch, gradient));
      accumulator.add(virtualRank, gradient);
      compute += watch.lap();
    }
    Map<Node, NDArray> partials = accumulator.finish();
    NDArray reduced = reducer.reduce(step, partials);
    List<BucketFigures> figures = figures(reduced);
    StepTimes times = new StepTimes(step, data, compute, watch.lap(), Torch.residentBytes());
    return new Reduction(step, reduced, partials, List.copyOf(contributions), figures, times);
  }

  /** Applies a committed step and brings everybody's parameters up to date. */
  void apply(Reduction reduction, Directive.Commit commit) {
    optimizer.apply(commit.step(), reduction.gradient(), gradientScale(commit));
    reducer.gather(commit.step(), TensorMemory.of(parameters.flat()));
    reduction.partials().values().forEach(buffers::release);
  }

  /** One over the tokens of the global batch, smaller if the gradient's norm exceeds the limit. */
  private float gradientScale(Directive.Commit commit) {
    double limit = config.training().maxGradNorm();
    double clip = limit == 0 ? 1 : Math.min(1, limit / (commit.gradNorm() + CLIP_EPSILON));
    return (float) (clip / commit.tokens());
  }

  private List<BucketFigures> figures(NDArray reduced) {
    MemorySegment owned = TensorMemory.of(reduced);
    long start = reducer.owned().start();
    List<BucketFigures> figures = new ArrayList<>();
    for (Buckets.Bucket bucket : buckets.ownedBuckets(world.rank(), world.members().size())) {
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
    optimizer.close();
    buffers.close();
  }
}
