package io.lockstep.worker.step;

import ai.djl.ndarray.NDArray;
import io.lockstep.collective.AbortedException;
import io.lockstep.collective.Collective;
import io.lockstep.collective.CollectiveException;
import io.lockstep.collective.tree.BlockAccumulator;
import io.lockstep.collective.tree.ReductionTree;
import io.lockstep.data.plan.RankSpan;
import io.lockstep.data.plan.Shard;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.BatchPlan;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.MicroBatch;
import io.lockstep.worker.loader.MicroBatches;
import io.lockstep.worker.loader.Prefetcher;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.metrics.RunMetrics;
import io.lockstep.worker.metrics.Stopwatch;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import io.lockstep.worker.protocol.Session.BucketFigures;
import io.lockstep.worker.protocol.Session.Contribution;
import io.lockstep.worker.protocol.Session.Portion;
import io.lockstep.worker.protocol.Session.StepTimes;
import io.lockstep.worker.state.RunObjective;
import io.lockstep.worker.state.TrainingState;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.GradientBuffers;
import io.lockstep.worker.zero.GradientRanges;
import io.lockstep.worker.zero.GradientReducer;
import io.lockstep.worker.zero.PassTable;
import io.lockstep.worker.zero.ReducedGradient;
import io.lockstep.worker.zero.ResidentRanges;
import io.lockstep.worker.zero.StepSequence;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A step of training, as each rank of a generation computes it: forward, backward, reduce, commit,
 * update. A world size of 1 takes the same path.
 *
 * <p>What the ranks tell each other, in this order:
 *
 * <ol>
 *   <li>Where terms of the objective are divided by different things, how many of each their
 *       micro-batches have: all know then how much each term counts in the step.
 *   <li>At ZeRO stage 3, which passes their micro-batches make: all know then in which order
 *       weights are gathered. Going forward and back, the owner of a segment's weights sends them
 *       to everybody before each use.
 *   <li>Gradients, summed along the {@link ReductionTree} over virtual ranks, whose shape depends
 *       on nothing else: each rank sums its block of virtual ranks, and what is left of the tree is
 *       summed by the owner of each range. From stage 2 on a range leaves while the backward pass
 *       of the last virtual rank still runs.
 *   <li>To the coordinator, the loss of each virtual rank and the square sums of the owned buckets;
 *       once all have reduced, it commits the step and says tokens and norm of the whole gradient.
 *   <li>Updated parameters, from their owners to everybody; at stage 3 to rank 0 alone, where they
 *       may be saved.
 * </ol>
 *
 * <p>A rank that is lost before the commit costs the step under way, and nobody ever applies a step
 * that others have not reduced.
 */
public final class TrainingStep implements AutoCloseable {

  private final Directive.NewMembership membership;
  private final TrainingState state;
  private final Session session;
  private final Commits commits;
  private final Collective collective;
  private final Shard shard;
  private final RankSpan span;
  private final Buckets buckets;
  private final Parameters parameters;
  private final GradientReducer reducer;
  private final GradientBuffers buffers;
  private final Prefetcher prefetcher;
  private final RunObjective run;
  private final Objective objective;
  private final GradientStep gradientStep;
  private final ReductionTree tree;
  private final GradientRanges ranges;
  private final boolean discards;
  private final boolean sharesWeights;
  private final BatchPlan batches;
  private PassTable passes = PassTable.UNKNOWN;
  private long sentBefore;
  private @Nullable RunMetrics metrics;

  /** The coordinator's word on the steps of a generation. */
  public interface Commits {

    /** Whether the generation is over, so that the step under way is not needed any more. */
    boolean isOver();

    /** Waits for the commit of a step; nothing if the generation ended instead. */
    Optional<Directive.Commit> await(long step) throws InterruptedException;
  }

  /** What a rank has of a step after reducing it. */
  record Reduction(
      ReducedGradient gradient,
      List<Contribution> contributions,
      List<BucketFigures> figures,
      StepTimes times) {}

  /**
   * The steps of a rank of a generation.
   *
   * @param state what the rank holds of the run's state, up to date
   * @param run what is minimised, and on which answers; outlives this
   * @param buffers of the size of what is trained; outlive this
   * @param collective the members' connections, closed with this
   */
  public TrainingStep(
      Directive.NewMembership membership,
      RunConfig config,
      TrainingState state,
      RunObjective run,
      GradientBuffers buffers,
      MicroBatches microBatches,
      long totalSteps,
      Collective collective,
      Session session,
      Commits commits) {
    this.membership = membership;
    this.state = state;
    this.session = session;
    this.commits = commits;
    this.shard = state.shard().shard();
    this.buckets = state.buckets();
    this.parameters = state.model().trainable().trained();
    this.buffers = buffers;
    this.run = run;
    this.objective = run.objective();
    this.gradientStep =
        new GradientStep(
            state.model().config(),
            state.model().trainable(),
            config.seed(),
            config.training().checkpoints(),
            objective);
    this.collective = collective;
    int virtualRanks = config.batches().virtualRanks();
    tree = new ReductionTree(virtualRanks);
    span = RankSpan.of(virtualRanks, membership.rank(), membership.members().size());
    batches = config.batches();
    sharesWeights = config.deepspeed().sharesWeights();
    discards = config.deepspeed().zeroStage() > 1;
    ranges =
        discards
            ? GradientRanges.of(gradientStep.segments(), buckets)
            : GradientRanges.whole(gradientStep.segments(), buckets);
    reducer =
        new GradientReducer(
            collective,
            shard,
            buckets,
            virtualRanks,
            discards,
            Buffer.of(parameters.flat()).device(),
            config.cluster().reduction());
    sentBefore = collective.sentBytes();
    prefetcher = microBatches.prefetch(membership.nextStep(), totalSteps, span);
  }

  /** The generation. */
  public long generation() {
    return membership.generation();
  }

  /** Tells each step that is committed from now on. */
  public void tell(RunMetrics log) {
    metrics = log;
  }

  /**
   * One step, from the samples to the updated parameters.
   *
   * @param mayBeSaved whether the state may be saved after it
   * @return false if the generation ended before the step was committed
   * @throws CollectiveException if a rank is lost
   */
  public boolean run(long step, boolean mayBeSaved)
      throws IOException, SampleException, InterruptedException {
    Stopwatch watch = new Stopwatch();
    long entered = Spans.begin();
    try (Scope scope = Scope.open()) {
      session.activity(generation(), "computing step " + step);
      var _ = ended(entered, "begin", 0);
      Reduction reduction = reduce(step);
      long begun = Spans.begin();
      state.reduced(reduction.gradient());
      session.reduced(generation(), step, reduction.contributions(), reduction.figures());

      session.activity(generation(), "waiting for the commit of step " + step);
      Optional<Directive.Commit> commit = commits.await(step);
      begun = ended(begun, "commit wait", 0);
      if (commit.isEmpty()) {
        return false;
      }

      session.activity(generation(), "applying step " + step);
      state.apply(commit.get());
      begun = ended(begun, "update", 0);
      long sent = collective.sentBytes();
      gather(step, mayBeSaved);
      begun = ended(begun, "gather", collective.sentBytes() - sent);
      session.applied(generation(), step);
      log(commit.get(), reduction.times(), watch);
      var _ = ended(begun, "log", 0);
      Spans.end(entered, Span.Kind.STEP, "step", 0);
      return true;
    }
  }

  /** Notes a stage; returns when the next begins. */
  private static long ended(long begun, String stage, long bytes) {
    Spans.end(begun, Span.Kind.STAGE, stage, bytes);
    return Spans.begin();
  }

  /**
   * Forward and backward of this rank's virtual ranks, one after the other, and the sum of their
   * gradients over all ranks. Between two virtual ranks it is asked whether the step is still
   * needed.
   *
   * @throws AbortedException if it is not
   */
  Reduction reduce(long step) throws SampleException, InterruptedException {
    Stopwatch watch = new Stopwatch();
    long began = watch.last();
    List<Portion> portions = new ArrayList<>();
    List<Contribution> contributions = new ArrayList<>();
    long begun = Spans.begin();
    buffers.reset();
    reducer.begin(step);
    StepInput input = new StepInput(step, watch);
    double[] factors = objective.needsCounts() ? factors(input) : objective.factors(new long[0]);
    @Nullable FullyShardedParameters shared = sharesWeights ? sharedWeights(input) : null;
    begun = ended(begun, "begin", 0);
    BlockAccumulator<NDArray> sums =
        new BlockAccumulator<>(tree, span.first(), span.end(), buffers::sum);
    double compute = 0;
    for (int virtualRank = span.first(); virtualRank < span.end(); virtualRank++) {
      requireNeeded(step);
      long asked = watch.last();
      MicroBatch microBatch = input.take(virtualRank);
      long taken = watch.last();
      begun = ended(begun, "data", 0);
      portions.add(new Portion(false, virtualRank, asked, taken));
      NDArray gradient = buffers.acquire();
      boolean last = virtualRank == span.end() - 1;
      GradientBucketHook ready = last ? handingOver(sums.addLast(gradient), shared) : null;
      contributions.add(compute(microBatch, gradient, factors, shared, ready));
      if (!last) {
        sums.add(virtualRank, gradient);
      }
      begun = ended(begun, "compute", 0);
      compute += watch.lap();
      portions.add(new Portion(true, virtualRank, taken, watch.last()));
    }
    if (shared != null) {
      shared.stepDone();
    }
    long sent = collective.sentBytes();
    ReducedGradient reduced = reducer.finish();
    begun = ended(begun, "reduce", collective.sentBytes() - sent);
    List<BucketFigures> figures = figures(reduced);
    StepTimes times =
        new StepTimes(
            step,
            input.seconds,
            compute + input.writing,
            watch.lap(),
            Torch.residentBytes(),
            began,
            portions);
    var _ = ended(begun, "figures", 0);
    return new Reduction(reduced, List.copyOf(contributions), figures, times);
  }

  private void requireNeeded(long step) {
    if (commits.isOver()) {
      throw new AbortedException(
          membership.rank(),
          CollectiveException.NO_PEER,
          0,
          "step " + step + " is not needed any more",
          null);
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
      double[] factors,
      @Nullable FullyShardedParameters shared,
      @Nullable GradientBucketHook ready)
      throws SampleException {
    if (shared != null) {
      return gradientStep.compute(microBatch, gradient, factors, shared, shared::passDone);
    }
    SegmentWeights weights = ready == null ? SegmentWeights.resident(parameters) : weights(ready);
    return gradientStep.compute(microBatch, gradient, factors, weights, () -> {});
  }

  /**
   * The micro-batches of a step, in order; counts the seconds that they were waited for and that
   * writing their answers took.
   */
  private final class StepInput {
    private final long step;
    private final Stopwatch watch;
    private final Deque<MicroBatch> ahead = new ArrayDeque<>();
    private double seconds;
    private double writing;

    StepInput(long step, Stopwatch watch) {
      this.step = step;
      this.watch = watch;
    }

    MicroBatch take(int virtualRank) throws SampleException, InterruptedException {
      MicroBatch next = ahead.poll();
      MicroBatch taken = next != null ? next : learned(virtualRank);
      seconds += watch.lap();
      return taken;
    }

    /** With the answers that are written with the weights of this step. */
    private MicroBatch learned(int virtualRank) throws SampleException, InterruptedException {
      MicroBatch drawn = prefetcher.take(step, virtualRank);
      seconds += watch.lap();
      MicroBatch learned = run.learned(drawn);
      writing += watch.lap();
      return learned;
    }

    /** All of them, before the first is taken. */
    List<MicroBatch> all() throws SampleException, InterruptedException {
      while (ahead.size() < span.size()) {
        ahead.add(learned(span.first() + ahead.size()));
      }
      return List.copyOf(ahead);
    }
  }

  /**
   * How much each term of the objective counts in the step: tells everybody how many of each
   * normaliser this rank has.
   */
  private double[] factors(StepInput input) throws SampleException, InterruptedException {
    int normalisers = objective.normalisers().size();
    long[] counts = new long[normalisers];
    for (MicroBatch microBatch : input.all()) {
      long[] own = gradientStep.counts(microBatch);
      Arrays.setAll(counts, i -> counts[i] + own[i]);
    }
    try (Arena arena = Arena.ofShared()) {
      Buffer[] parts = new Buffer[collective.size()];
      Arrays.setAll(
          parts, peer -> Buffer.onHost(arena, Dtype.UINT8, (long) normalisers * Long.BYTES));
      var _ = parts[membership.rank()].copyFrom(Buffer.onHost(bytes(counts)));
      reducer.tellCounts(parts);
      long[] all = new long[normalisers];
      for (Buffer part : parts) {
        LongBuffer own = ByteBuffer.wrap(part.toByteArray()).asLongBuffer();
        Arrays.setAll(all, i -> all[i] + own.get(i));
      }
      return objective.factors(all);
    }
  }

  private static byte[] bytes(long[] counts) {
    ByteBuffer bytes = ByteBuffer.allocate(counts.length * Long.BYTES);
    bytes.asLongBuffer().put(counts);
    return bytes.array();
  }

  /** Tells everybody what this rank computes, and lays out the exchanges of the step. */
  private FullyShardedParameters sharedWeights(StepInput input)
      throws SampleException, InterruptedException {
    ResidentRanges resident = new ResidentRanges(Buffer.of(parameters.flat()), reducer.held());
    resident.discardRest();
    List<Boolean> own = new ArrayList<>();
    for (MicroBatch microBatch : input.all()) {
      own.addAll(gradientStep.passes(microBatch));
    }
    try (Arena arena = Arena.ofShared()) {
      Buffer[] parts = new Buffer[collective.size()];
      int samples = batches.samplesPerVirtualRank();
      Arrays.setAll(
          parts,
          peer ->
              Buffer.onHost(
                  arena,
                  Dtype.UINT8,
                  PassTable.bytes(samples, batches.virtualRanks(), peer, parts.length)));
      PassTable.write(own, parts[membership.rank()]);
      reducer.tellPasses(parts);
      passes = PassTable.read(parts);
    }
    StepSequence sequence =
        StepSequence.of(gradientStep.segments(), parameters.layout(), ranges, passes);
    return new FullyShardedParameters(
        membership.rank(), parameters, reducer, resident, passes, sequence);
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
   */
  void gather(long step, boolean mayBeSaved) {
    Buffer flat = Buffer.of(parameters.flat());
    if (!sharesWeights) {
      reducer.gather(step, flat);
    } else if (mayBeSaved) {
      reducer.collect(step, flat);
    }
  }

  private void log(Directive.Commit commit, StepTimes times, Stopwatch watch) throws IOException {
    session.times(times);
    RunMetrics log = metrics;
    if (log != null) {
      long sent = collective.sentBytes();
      log.committed(
          commit,
          times,
          new RunMetrics.Volume(
              sent - sentBefore, state.shard().bytes(), collective.size(), passes),
          watch.lap());
      sentBefore = sent;
    }
  }

  private List<BucketFigures> figures(ReducedGradient reduced) {
    long start = reducer.owned().start();
    List<BucketFigures> figures = new ArrayList<>();
    for (Buckets.Bucket bucket : buckets.buckets(shard.owned(buckets.count()))) {
      Buffer sum = reduced.owned().slice(bucket.range().start() - start, bucket.range().floats());
      figures.add(BucketDigest.of(bucket.index(), sum));
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
