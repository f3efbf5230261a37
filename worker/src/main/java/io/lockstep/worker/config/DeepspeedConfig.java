package io.lockstep.worker.config;

import io.lockstep.config.Key;

/**
 * What of the training state workers share out among them; the weights are the same to the bit.
 *
 * @param enabled whether they share out more than the optimizer's moments
 * @param config the stage, by name or as the public configuration
 */
public record DeepspeedConfig(
    @Key(
            value =
                "Whether workers share out more of the training state than the optimizer's moments.",
            otherwise = "true")
        boolean enabled,
    @Key(
            value =
                "Stage of ZeRO: `zero1` shares out the optimizer's moments, `zero2` the reduced gradients too, `zero3` the weights too. In its place the public JSON, or its path, of which `zero_optimization.stage` counts.",
            otherwise = "zero2",
            form = ZeroStage.class)
        int config) {

  /** The stage that shares out the weights. */
  public static final int WEIGHTS_STAGE = 3;

  /** The stage: 1, 2 or 3. */
  public int zeroStage() {
    return enabled ? config : 1;
  }

  /** Whether workers keep the weights of what they own alone. */
  public boolean sharesWeights() {
    return zeroStage() == WEIGHTS_STAGE;
  }
}
