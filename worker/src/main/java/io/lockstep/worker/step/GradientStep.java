package io.lockstep.worker.step;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.TrainableModel;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.objective.ObjectiveSums;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.segment.KindCounts;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.segment.SegmentedModel.Outcome;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import io.lockstep.worker.loader.MicroBatch;
import io.lockstep.worker.loader.SampleException;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Session.Contribution;
import io.lockstep.worker.protocol.Session.DatasetSums;
import io.lockstep.worker.protocol.Session.KindSums;
import io.lockstep.worker.protocol.Session.TermSum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Forward and backward of one micro-batch: the sum of the loss over its supervised tokens and the
 * gradient of that sum, segment by segment.
 *
 * <p>Logits are computed only where a label counts: position t predicts label t + 1, and the rest
 * never reaches the head.
 */
public final class GradientStep {

  private final SegmentedModel model;
  private final TrainableModel trainable;
  private final long seed;

  /** Steps that keep what going back needs. */
  GradientStep(ModelConfig config, TrainableModel trainable, long seed) {
    this(config, trainable, seed, false, Objective.CROSS_ENTROPY);
  }

  /**
   * Steps of one model.
   *
   * @param seed decides what dropout drops
   * @param checkpointing whether segments are computed again going back, instead of kept
   * @param objective what is minimised
   */
  GradientStep(
      ModelConfig config,
      TrainableModel trainable,
      long seed,
      boolean checkpointing,
      Objective objective) {
    this.model = new SegmentedModel(config, trainable, checkpointing, objective);
    this.trainable = trainable;
    this.seed = seed;
  }

  /** The model's segments in order; their ranges cover the flat buffers. */
  public List<SegmentSpec> segments() {
    return model.segments();
  }

  /**
   * A batch from which something is learned.
   *
   * @param datasets the dataset of each target; empty in a run with one
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record SupervisedBatch(Batch batch, Targets targets, int[] datasets) {}

  /**
   * Computes one micro-batch with the parameters this process holds.
   *
   * @param flatGradient flat buffer that receives the gradient; its gaps are left alone
   */
  Contribution compute(MicroBatch microBatch, NDArray flatGradient) throws SampleException {
    return compute(
        microBatch,
        flatGradient,
        model.objective().factors(counts(microBatch)),
        SegmentWeights.resident(trainable.trained()),
        () -> {});
  }

  /**
   * Computes one micro-batch. Its batches are passes one after the other; their gradients are added
   * in that order.
   *
   * @param flatGradient flat buffer that receives the gradient; its gaps are left alone
   * @param factors of the objective's terms in this step
   * @param weights gives the parameters, and hears of each range of the buffer that is complete
   * @param afterPass is run after each pass
   */
  Contribution compute(
      MicroBatch microBatch,
      NDArray flatGradient,
      double[] factors,
      SegmentWeights weights,
      Runnable afterPass)
      throws SampleException {
    List<SupervisedBatch> supervised = supervised(microBatch);
    FlatGradient gradient = new FlatGradient(flatGradient);
    Outcome total = Outcome.NONE;
    for (int pass = 0; pass < supervised.size(); pass++) {
      SeededDropout.Pass draw =
          new SeededDropout.Pass(seed, microBatch.step(), microBatch.virtualRank(), pass);
      SupervisedBatch next = supervised.get(pass);
      boolean last = pass == supervised.size() - 1;
      total =
          total.plus(
              model.pass(
                  next.batch(),
                  next.targets(),
                  next.datasets(),
                  factors,
                  draw,
                  weights,
                  (segment, gradients) -> {
                    gradient.add(segment, gradients);
                    if (last) {
                      gradient.finish(segment);
                      weights.gradientReady(segment);
                    }
                  }));
      afterPass.run();
    }
    return contribution(
        microBatch,
        total,
        padding(supervised.stream().map(SupervisedBatch::batch).toList()),
        gradient.isFinite());
  }

  /** Tokens of batches that are computed. */
  private static Counts padding(List<Batch> batches) {
    long all = 0;
    long real = 0;
    for (Batch batch : batches) {
      all += batch.attentionMask().length;
      real += Arrays.stream(batch.attentionMask()).sum();
    }
    return Counts.of(Map.of(Counts.BATCH_TOKENS, all, Counts.PADDING_TOKENS, all - real));
  }

  private Contribution contribution(
      MicroBatch microBatch, Outcome total, Counts padding, boolean gradientIsFinite) {
    List<TermSum> terms = model.objective().terms().size() == 1 ? List.of() : terms(total.total());
    boolean finite =
        gradientIsFinite
            && Double.isFinite(total.total().loss())
            && terms.stream().allMatch(term -> Double.isFinite(term.sum()));
    return new Contribution(
        microBatch.virtualRank(),
        total.total().loss(),
        total.total().tokens(),
        total.total().correct(),
        microBatch.tooLong(),
        microBatch.unreadable(),
        total.groups().entrySet().stream()
            .map(group ->
                new DatasetSums(
                    group.getKey(),
                    group.getValue().loss(),
                    group.getValue().tokens(),
                    group.getValue().correct(),
                    kinds(total.kinds().get(group.getKey()))))
            .toList(),
        terms,
        microBatch.allCounts().plus(padding),
        finite ? List.of() : namesOf(microBatch));
  }

  private static List<String> namesOf(MicroBatch microBatch) {
    return microBatch.samples().isEmpty()
        ? List.of("those of virtual rank %d".formatted(microBatch.virtualRank()))
        : microBatch.samples();
  }

  private static List<KindSums> kinds(@Nullable KindCounts counts) {
    return counts == null
        ? List.of()
        : counts.ofKind().entrySet().stream()
            .map(each ->
                new KindSums(
                    each.getKey().number(), each.getValue().tokens(), each.getValue().correct()))
            .toList();
  }

  private static List<TermSum> terms(ObjectiveSums sums) {
    return sums.terms().stream()
        .map(term -> new TermSum(term.name(), term.sum(), term.normaliser()))
        .toList();
  }

  /** How many of each of the objective's normalisers a micro-batch has. */
  long[] counts(MicroBatch microBatch) throws SampleException {
    long[] counts = new long[model.objective().normalisers().size()];
    for (SupervisedBatch supervised : supervised(microBatch)) {
      long[] own = model.objective().counts(supervised.batch(), supervised.targets());
      Arrays.setAll(counts, i -> counts[i] + own[i]);
    }
    return counts;
  }

  /** Whether each pass of a micro-batch has pictures. */
  public List<Boolean> passes(MicroBatch microBatch) throws SampleException {
    return supervised(microBatch).stream()
        .map(supervised -> supervised.batch().patches() > 0)
        .toList();
  }

  private static List<SupervisedBatch> supervised(MicroBatch microBatch) throws SampleException {
    List<SupervisedBatch> supervised = new ArrayList<>();
    for (int i = 0; i < microBatch.batches().size(); i++) {
      Batch batch = microBatch.batches().get(i);
      Targets targets = Targets.of(batch);
      if (targets.count() > 0) {
        int[] rows = microBatch.datasetsOf(i);
        int[] datasets = rows.length == 0 ? rows : targets.groups(batch, rows);
        supervised.add(new SupervisedBatch(batch, targets, datasets));
      }
    }
    if (supervised.isEmpty()) {
      throw new SampleException(
          "step %d, virtual rank %d has no supervised token: its samples have no assistant turn"
              .formatted(microBatch.step(), microBatch.virtualRank()));
    }
    return supervised;
  }

  /** A flat buffer on the way to a micro-batch's gradient. */
  private final class FlatGradient {
    private final NDArray flat;
    private final boolean[] written = new boolean[model.segments().size()];
    private boolean finite = true;

    FlatGradient(NDArray flat) {
      this.flat = flat;
    }

    /** Adds a pass's gradients of a segment; the first ones replace what the buffer held. */
    void add(SegmentSpec segment, List<NDArray> gradients) {
      long begun = Spans.begin();
      for (int i = 0; i < gradients.size(); i++) {
        ParameterLayout.Slot slot = slot(segment.firstSlot() + i);
        if (written[segment.index()]) {
          Ops.addInPlace(Parameters.view(flat, slot), gradients.get(i));
        } else {
          Buffer place = place(slot);
          place.commit();
          var _ = place.copyFrom(Buffer.of(Ops.contiguous(gradients.get(i))));
        }
      }
      written[segment.index()] |= !gradients.isEmpty();
      Spans.end(begun, Span.Kind.OPERATOR, Spans.COPY, 0);
    }

    /** Whether all that is finished is finite. */
    boolean isFinite() {
      return finite;
    }

    /** A segment that took part in no pass has a gradient of zero. */
    void finish(SegmentSpec segment) {
      long begun = Spans.begin();
      if (written[segment.index()]) {
        for (int slot = segment.firstSlot(); finite && slot < segment.endSlot(); slot++) {
          Buffer values = place(slot(slot));
          // Squares of finite values don't overflow in double precision.
          finite = Double.isFinite(values.device().kernels().squareSum(values));
        }
      } else {
        for (int slot = segment.firstSlot(); slot < segment.endSlot(); slot++) {
          Buffer place = place(slot(slot));
          place.commit();
          place.zero();
        }
      }
      Spans.end(begun, Span.Kind.OPERATOR, Spans.NORM, 0);
    }

    private ParameterLayout.Slot slot(int slot) {
      return trainable.trained().layout().slots().get(slot);
    }

    private Buffer place(ParameterLayout.Slot slot) {
      return Buffer.of(flat).slice(slot.offset(), slot.spec().elements());
    }
  }
}
