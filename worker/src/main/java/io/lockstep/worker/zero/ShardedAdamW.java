package io.lockstep.worker.zero;

import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.tensor.AdamW;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Device;
import io.lockstep.tensor.Dtype;
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
  private final Buffer flat;
  private final Buffer mean;
  private final Buffer meanSquare;

  /** An optimizer whose moments are zero. */
  public ShardedAdamW(Parameters parameters, OptimizerConfig config, long totalSteps, Range owned) {
    this.parameters = parameters;
    this.config = config;
    this.totalSteps = totalSteps;
    this.owned = owned;
    flat = Buffer.of(parameters.flat());
    Device device = flat.device();
    mean = scope.zeros(device, Dtype.FLOAT32, owned.floats());
    meanSquare = scope.zeros(device, Dtype.FLOAT32, owned.floats());
  }

  /** The owned range. */
  public Range owned() {
    return owned;
  }

  /** Mean of gradients over the owned range. */
  public Buffer mean() {
    return mean;
  }

  /** Mean of squared gradients over the owned range. */
  public Buffer meanSquare() {
    return meanSquare;
  }

  /**
   * Applies a step to the owned range.
   *
   * @param step counted from 0, for the learning rate
   * @param update number of the update, counted from 1, for the correction of the moments' bias
   * @param gradient gradient sum over the owned range
   * @param gradientScale what the sum is multiplied with first: one over the number of tokens,
   *     times the clipping
   */
  public void apply(long step, long update, Buffer gradient, float gradientScale) {
    for (ParameterLayout.Slot slot : parameters.layout().slots()) {
      long start = Math.max(slot.offset(), owned.start());
      long end = Math.min(slot.end(), owned.end());
      double rate = config.lr(slot.spec().module(), step + 1, totalSteps);
      if (start >= end || rate == 0) {
        continue;
      }
      long floats = end - start;
      long inShard = start - owned.start();
      AdamW.step(
          flat.slice(start, floats),
          gradient.slice(inShard, floats),
          mean.slice(inShard, floats),
          meanSquare.slice(inShard, floats),
          new AdamW.Hyper(
              rate,
              config.adamBeta1(),
              config.adamBeta2(),
              config.adamEpsilon(),
              config.decay(slot.spec()),
              update),
          gradientScale);
    }
  }

  @Override
  public void close() {
    scope.close();
  }
}
