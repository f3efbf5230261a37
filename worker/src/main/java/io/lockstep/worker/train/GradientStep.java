package io.lockstep.worker.train;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.Dropout;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.align.TeacherForced;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.batch.Targets;
import io.lockstep.model.checkpoint.Tuned;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.TensorMemory;
import io.lockstep.worker.train.Session.Contribution;
import java.lang.foreign.MemorySegment;
import java.util.SequencedMap;

/**
 * Forward and backward of one micro-batch: the sum of the loss over its supervised tokens and the
 * gradient of that sum.
 *
 * <p>Logits are computed only where a label counts: position t predicts label t + 1, and the rest
 * never reaches the head.
 */
final class GradientStep {

  private final ModelConfig config;
  private final Tuned tuned;
  private final long seed;

  /**
   * Steps of one model.
   *
   * @param seed decides what dropout drops
   */
  GradientStep(ModelConfig config, Tuned tuned, long seed) {
    this.config = config;
    this.tuned = tuned;
    this.seed = seed;
  }

  /** What a pass over one batch has found. */
  private record Pass(double loss, long tokens, long correct) {

    static final Pass NONE = new Pass(0, 0, 0);

    Pass plus(Pass other) {
      return new Pass(loss + other.loss, tokens + other.tokens, correct + other.correct);
    }
  }

  /**
   * Computes one micro-batch.
   *
   * @param flatGradient flat buffer that receives the gradient; its gaps are left alone
   */
  Contribution compute(MicroBatch microBatch, NDArray flatGradient) throws SampleException {
    try (Scope scope = Scope.open()) {
      SequencedMap<String, NDArray> leaves = tuned.trained().leaves();
      int passes = 0;
      Pass total = Pass.NONE;
      boolean pictures = false;
      for (Batch batch : microBatch.batches()) {
        Targets targets = Targets.of(batch);
        if (targets.count() > 0) {
          SeededDropout.Pass draw =
              new SeededDropout.Pass(seed, microBatch.step(), microBatch.virtualRank(), passes++);
          total = total.plus(pass(leaves, draw, batch, targets));
          pictures |= batch.patches() > 0;
        }
      }
      if (total.tokens() == 0) {
        throw new SampleException(
            "step %d, virtual rank %d has no supervised token: its samples have no assistant turn"
                .formatted(microBatch.step(), microBatch.virtualRank()));
      }
      collect(leaves::get, pictures, flatGradient);
      return new Contribution(
          microBatch.virtualRank(),
          total.loss(),
          total.tokens(),
          total.correct(),
          microBatch.replaced().size());
    }
  }

  /** Forward and backward of a batch; its gradient is added to that of the leaves. */
  private Pass pass(
      SequencedMap<String, NDArray> leaves, SeededDropout.Pass draw, Batch batch, Targets targets) {
    try (Scope scope = Scope.open()) {
      Dropout dropout = new SeededDropout(scope, tuned.dropout(), draw);
      Weights weights = tuned.recorded(scope, leaves, dropout);
      VisionLanguageModel network = new VisionLanguageModel(config, weights);
      NDArray logits_NV =
          Autograd.recording(() ->
              TeacherForced.logits(scope, network, batch, targets, VisionLanguageModel.NO_PROBE));
      NDArray loss = Autograd.recording(() -> TeacherForced.lossSum(scope, logits_NV, targets));
      if (weights.trains(ParameterSpec.Module.LLM) || batch.patches() > 0) {
        Autograd.backward(loss, null);
      }
      return new Pass(loss.getFloat(), targets.count(), correct(logits_NV, targets.labels()));
    }
  }

  private static long correct(NDArray logits_NV, long[] wanted) {
    long[] predicted = Ops.argmax(logits_NV, 1).toLongArray();
    long correct = 0;
    for (int i = 0; i < wanted.length; i++) {
      correct += predicted[i] == wanted[i] ? 1 : 0;
    }
    return correct;
  }

  /**
   * Copies the weights' gradients to their places. Without pictures the vision tower took no part:
   * its gradient is zero.
   */
  private void collect(Weights weights, boolean pictures, NDArray flatGradient) {
    MemorySegment flat = TensorMemory.of(flatGradient);
    for (ParameterLayout.Slot slot : tuned.trained().layout().slots()) {
      MemorySegment place =
          flat.asSlice(slot.offset() * Float.BYTES, slot.spec().elements() * Float.BYTES);
      if (!pictures && slot.spec().module() != ParameterSpec.Module.LLM) {
        place.fill((byte) 0);
      } else {
        NDArray gradient = Autograd.gradient(weights.get(slot.spec().name()));
        place.copyFrom(TensorMemory.of(Ops.contiguous(gradient)));
      }
    }
  }
}
