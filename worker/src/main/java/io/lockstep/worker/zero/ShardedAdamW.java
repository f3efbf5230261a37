package io.lockstep.worker.zero;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.AdamW;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.worker.config.OptimizerConfig;
import io.lockstep.worker.zero.Buckets.Range;

/**
 * AdamW over the owned range of the flat parameters (Loshchilov and Hutter, "Decoupled weight decay
 * regularization", 2019). The update works value by value, so it does not matter where the ranges
 * of the owners meet.
 */
public final class ShardedAdamW implements AutoCloseable {

  private final Parameters parameters;
  private final OptimizerConfig config;
  private final long totalSteps;
  private final Range owned;
  private final Scope scope = Scope.lasting();
  private final NDArray mean;
  private final NDArray meanSquare;

  /** An optimizer whose moments are zero. */
  public ShardedAdamW(Parameters parameters, OptimizerConfig config, long totalSteps, Range owned) {
    this.parameters = parameters;
    this.config = config;
    this.totalSteps = totalSteps;
    this.owned = owned;
    mean = scope.zeros(Dtype.FLOAT32, owned.floats());
    meanSquare = scope.zeros(Dtype.FLOAT32, owned.floats());
  }

  /** The owned range. */
  public Range owned() {
    return owned;
  }

  /** Mean of gradients over the owned range. */
  public NDArray mean() {
    return mean;
  }

  /** Mean of squared gradients over the owned range. */
  public NDArray meanSquare() {
    return meanSquare;
  }

  /**
   * Applies a step to the owned range.
   *
   * @param step counted from 0
   * @param gradient gradient sum over the owned range
   * @param gradientScale what the sum is multiplied with first: one over the number of tokens,
   *     times the clipping
   */
  public void apply(long step, NDArray gradient, float gradientScale) {
    double lrFactor = config.lrFactor(step + 1, totalSteps);
    try (Scope views = Scope.open()) {
      for (ParameterLayout.Slot slot : parameters.layout().slots()) {
        long start = Math.max(slot.offset(), owned.start());
        long end = Math.min(slot.end(), owned.end());
        double rate = lrFactor * config.peakLr(slot.spec().module());
        if (start >= end || rate == 0) {
          continue;
        }
        long floats = end - start;
        long inShard = start - owned.start();
        AdamW.step(
            Ops.narrow(parameters.flat(), 0, start, floats),
            Ops.narrow(gradient, 0, inShard, floats),
            Ops.narrow(mean, 0, inShard, floats),
            Ops.narrow(meanSquare, 0, inShard, floats),
            new AdamW.Hyper(
                rate,
                config.beta1(),
                config.beta2(),
                config.epsilon(),
                config.decay(slot.spec()),
                step + 1),
            gradientScale);
      }
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
