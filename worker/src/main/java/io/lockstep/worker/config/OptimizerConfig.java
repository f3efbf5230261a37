package io.lockstep.worker.config;

import io.lockstep.model.parameter.ParameterSpec;

/**
 * AdamW and its learning rate: linear warm-up, then a cosine down to a floor.
 *
 * @param learningRate peak rate of the language model
 * @param vitLearningRate peak rate of the vision tower
 * @param alignerLearningRate peak rate of the mergers
 * @param beta1 decay of the mean of gradients
 * @param beta2 decay of the mean of squared gradients
 * @param epsilon added to the root of the mean square
 * @param weightDecay decoupled decay of matrices
 * @param decayVectors whether vectors (norms, biases) are decayed too
 * @param warmupRatio share of all steps spent warming up
 * @param minLrRatio rate at the last step as a share of the peak
 */
public record OptimizerConfig(
    double learningRate,
    double vitLearningRate,
    double alignerLearningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    boolean decayVectors,
    double warmupRatio,
    double minLrRatio) {

  static OptimizerConfig read(Section section) {
    double rate = section.number("learning_rate", null, 0, 10);
    OptimizerConfig config =
        new OptimizerConfig(
            rate,
            section.number("vit_learning_rate", rate, 0, 10),
            section.number("aligner_learning_rate", rate, 0, 10),
            section.number("beta1", 0.9, 0, 0.999999),
            section.number("beta2", 0.999, 0, 0.999999),
            section.number("epsilon", 1e-8, 1e-16, 1),
            section.number("weight_decay", 0.0, 0, 1),
            section.bool("decay_vectors", false),
            section.number("warmup_ratio", 0.05, 0, 1),
            section.number("floor_ratio", 0.1, 0, 1));
    section.finish();
    return config;
  }

  /** Peak learning rate of a part of the model. */
  public double peakLr(ParameterSpec.Module module) {
    return switch (module) {
      case LLM -> learningRate;
      case VIT -> vitLearningRate;
      case ALIGNER -> alignerLearningRate;
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
