package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.model.parameter.ParameterSpec;

/**
 * AdamW and its learning rate: linear warm-up, then a cosine down to a floor.
 *
 * @param learningRate peak rate of the language model
 * @param vitLearningRate peak rate of the vision tower
 * @param alignerLearningRate peak rate of the mergers
 * @param detectionLearningRate peak rate of the detection head
 * @param beta1 decay of the mean of gradients
 * @param beta2 decay of the mean of squared gradients
 * @param epsilon added to the root of the mean square
 * @param weightDecay decoupled decay of matrices
 * @param decayVectors whether vectors (norms, biases) are decayed too
 * @param warmupRatio share of all steps spent warming up
 * @param minLrRatio rate at the last step as a share of the peak
 */
public record OptimizerConfig(
    @Key(value = "Peak rate of the language model.", min = 0, max = 10) double learningRate,
    @Key(value = "Peak rate of the vision tower.", like = "learning_rate", min = 0, max = 10)
        double vitLearningRate,
    @Key(value = "Peak rate of the mergers.", like = "learning_rate", min = 0, max = 10)
        double alignerLearningRate,
    @Key(
            value = "Peak rate of the detection head, which begins with nothing learned.",
            otherwise = "1.0e-3",
            min = 0,
            max = 10)
        double detectionLearningRate,
    @Key(value = "Decay of the mean of gradients.", otherwise = "0.9", min = 0, max = 0.999999)
        double beta1,
    @Key(
            value = "Decay of the mean of squared gradients.",
            otherwise = "0.999",
            min = 0,
            max = 0.999999)
        double beta2,
    @Key(
            value = "Added to the root of the mean square.",
            otherwise = "1.0e-8",
            min = 1e-16,
            max = 1)
        double epsilon,
    @Key(value = "Decoupled decay of matrices.", otherwise = "0.0", min = 0, max = 1)
        double weightDecay,
    @Key(value = "Whether vectors (norms, biases) are decayed too.", otherwise = "false")
        boolean decayVectors,
    @Key(value = "Share of all steps spent warming up.", otherwise = "0.05", min = 0, max = 1)
        double warmupRatio,
    @Key(
            value = "Rate at the last step as a share of the peak.",
            name = "floor_ratio",
            otherwise = "0.1",
            min = 0,
            max = 1)
        double minLrRatio) {

  /** Peak learning rate of a part of the model. */
  public double peakLr(ParameterSpec.Module module) {
    return switch (module) {
      case LLM -> learningRate;
      case VIT -> vitLearningRate;
      case ALIGNER -> alignerLearningRate;
      case DETECTION -> detectionLearningRate;
    };
  }

  /** Decay of a parameter. */
  public double decay(ParameterSpec spec) {
    return decayVectors || spec.shape().size() > 1 ? weightDecay : 0;
  }

  /**
   * The factor on the peak learning rate in a step: step / warm-up steps, then floor + (1 - floor)
   * * (1 + cos(pi * progress)) / 2.
   *
   * @param step steps counted from 1
   */
  public double lrFactor(long step, long totalSteps) {
    long warmup = Math.round(warmupRatio * totalSteps);
    if (step <= warmup) {
      return (double) step / warmup;
    }
    double progress = (double) (step - warmup) / Math.max(1, totalSteps - warmup);
    return minLrRatio + (1 - minLrRatio) * 0.5 * (1 + Math.cos(Math.PI * progress));
  }
}
