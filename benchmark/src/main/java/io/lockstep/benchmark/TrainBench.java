package io.lockstep.benchmark;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Sample;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.tensor.AdamW;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Span;
import io.lockstep.tensor.Spans;
import java.util.List;

/**
 * How fast a model is trained: forward, backward, norm of the gradient and AdamW of one batch, all
 * weights trained, as one worker alone does it. What workers tell each other is no part of it.
 */
public final class TrainBench implements AutoCloseable {

  private static final double RATE = 1e-4;

  private final LoadedModel model;
  private final SegmentedModel network;
  private final Parameters parameters;
  private final Scope scope = Scope.lasting();
  private final Buffer gradient;
  private final Buffer mean;
  private final Buffer meanSquare;
  private int updates;

  /**
   * Of a model.
   *
   * @param model opened for training; outlives this
   * @param checkpointing whether segments are computed again going back, instead of kept
   */
  public TrainBench(LoadedModel model, boolean checkpointing) {
    this.model = model;
    parameters = model.trainable().trained();
    network =
        new SegmentedModel(
            model.config(), model.trainable(), checkpointing, Objective.CROSS_ENTROPY);
    gradient = zeros();
    mean = zeros();
    meanSquare = zeros();
  }

  private Buffer zeros() {
    return Buffer.of(scope.zeros(Dtype.FLOAT32, parameters.layout().size()));
  }

  /**
   * One step.
   *
   * @return the loss
   */
  public double step(List<Sample> samples) {
    long entered = Spans.begin();
    double loss = compute(samples);
    Spans.end(entered, Span.Kind.STEP, "step", 0);
    return loss;
  }

  private double compute(List<Sample> samples) {
    long collated = Spans.begin();
    Batch batch = model.collator().collate(samples);
    Targets targets = Targets.of(batch);
    Spans.end(collated, Span.Kind.STAGE, "data", 0);
    SegmentedModel.Outcome outcome =
        network.pass(
            batch,
            targets,
            new int[0],
            new double[] {1},
            new SeededDropout.Pass(0, updates, 0, 0),
            SegmentWeights.resident(parameters),
            this::keep);
    updates++;
    long applied = Spans.begin();
    double scale = 1.0 / targets.count();
    long begun = Spans.begin();
    double norm = Math.sqrt(gradient.device().kernels().squareSum(gradient)) * scale;
    Spans.end(begun, Span.Kind.OPERATOR, Spans.NORM, gradient.bytes());
    update((float) (scale * Math.min(1, 1 / norm)));
    Spans.end(applied, Span.Kind.STAGE, "update", 0);
    return outcome.total().loss() * scale;
  }

  private void keep(SegmentSpec segment, List<NDArray> gradients) {
    long begun = Spans.begin();
    long bytes = 0;
    for (int i = 0; i < gradients.size(); i++) {
      ParameterLayout.Slot slot = parameters.layout().slots().get(segment.firstSlot() + i);
      Buffer place = part(gradient, slot);
      var _ = place.copyFrom(Buffer.of(Ops.contiguous(gradients.get(i))));
      bytes += 2 * place.bytes();
    }
    Spans.end(begun, Span.Kind.OPERATOR, Spans.COPY, bytes);
  }

  private static Buffer part(Buffer flat, ParameterLayout.Slot slot) {
    return flat.slice(slot.offset(), slot.spec().elements());
  }

  private void update(float scale) {
    AdamW.Hyper hyper = new AdamW.Hyper(RATE, 0.9, 0.999, 1e-8, 0, updates);
    AdamW.step(Buffer.of(parameters.flat()), gradient, mean, meanSquare, hyper, scale);
  }

  @Override
  public void close() {
    scope.close();
  }
}
