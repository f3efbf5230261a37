package io.lockstep.model.segment;

import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.Tuned;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.tensor.Scope;
import java.util.List;

/**
 * A model that is trained segment by segment. Each segment is a graph of its own: its inputs are
 * cut off from the graphs before, and going back it is given the gradient of its output. A
 * segment's graph is gone as soon as its gradients are there.
 */
public final class SegmentedModel {

  private final ModelConfig config;
  private final Tuned tuned;
  private final boolean recomputes;
  private final List<SegmentSpec> specs;

  /** What a pass has found; the loss is a sum over tokens, in nats. */
  public record Outcome(double loss, long tokens, long correct) {

    /** What no pass has found. */
    public static final Outcome NONE = new Outcome(0, 0, 0);

    /** What both have found. */
    public Outcome plus(Outcome other) {
      return new Outcome(loss + other.loss, tokens + other.tokens, correct + other.correct);
    }
  }

  /**
   * A model by its segments.
   *
   * @param recomputes whether going forward keeps the segments' inputs alone, and going back
   *     computes each segment again (gradient checkpointing; Chen et al., "Training deep nets with
   *     sublinear memory cost", 2016): less memory, the same bits
   */
  public SegmentedModel(ModelConfig config, Tuned tuned, boolean recomputes) {
    this.config = config;
    this.tuned = tuned;
    this.recomputes = recomputes;
    specs = SegmentSpec.of(config, tuned.trained().layout());
  }

  /** All segments in order. */
  public List<SegmentSpec> segments() {
    return specs;
  }

  /**
   * Forward and backward of one batch: the loss of its supervised tokens, summed, and the gradient
   * of that sum.
   *
   * @param draw decides what dropout drops
   * @param weights gives the trained parameters' values
   * @param sink gets every segment's gradients
   */
  public Outcome pass(
      Batch batch,
      Targets targets,
      SeededDropout.Pass draw,
      SegmentWeights weights,
      GradientSink sink) {
    try (Scope scope = Scope.open();
        SegmentedPass pass =
            new SegmentedPass(
                config, tuned, specs, recomputes, weights, draw, scope, batch, targets)) {
      pass.forward();
      pass.backward(sink);
      return pass.outcome();
    }
  }
}
