package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.Optional;

/**
 * AdamW and its learning rate, one for each part of the model.
 *
 * @param learningRate peak rate of the language model; like the next two present once defaults are
 *     filled in
 * @param vitLr peak rate of the vision tower
 * @param alignerLr peak rate of the mergers
 * @param detectionLr peak rate of the detection head
 * @param optimizer accepted: groups of parameters always have rates of their own
 * @param adamBeta1 decay of the mean of gradients
 * @param adamBeta2 decay of the mean of squared gradients
 * @param adamEpsilon added to the root of the mean square
 * @param weightDecay decoupled decay of matrices
 * @param decayVectors whether vectors (norms, biases) are decayed too
 * @param warmupRatio share of all steps spent warming up
 * @param lrSchedulerType how rates go on from there
 * @param lrSchedulerKwargs where they end
 */
public record OptimizerConfig(
    @Key(
            value =
                "Peak rate of the language model; 1.0e-4 with `tuner.train_type: lora` and 1.0e-5 with `full` unless it is given.",
            min = 0,
            max = 10)
        Optional<Double> learningRate,
    @Key(
            value = "Peak rate of the vision tower; that of `learning_rate` unless it is given.",
            min = 0,
            max = 10)
        Optional<Double> vitLr,
    @Key(
            value = "Peak rate of the mergers; that of `learning_rate` unless it is given.",
            min = 0,
            max = 10)
        Optional<Double> alignerLr,
    @Key(
            value = "Peak rate of the detection head, which begins with nothing learned.",
            otherwise = "1.0e-3",
            min = 0,
            max = 10)
        double detectionLr,
    @Key(
            value = "Accepted: parts of the model always have learning rates of their own.",
            changesWeights = false)
        Optional<Groups> optimizer,
    @Key(value = "Decay of the mean of gradients.", otherwise = "0.9", min = 0, max = 0.999999)
        double adamBeta1,
    @Key(
            value = "Decay of the mean of squared gradients.",
            otherwise = "0.95",
            min = 0,
            max = 0.999999)
        double adamBeta2,
    @Key(
            value = "Added to the root of the mean square.",
            otherwise = "1.0e-8",
            min = 1e-16,
            max = 1)
        double adamEpsilon,
    @Key(value = "Decoupled decay of matrices.", otherwise = "0.1", min = 0, max = 1)
        double weightDecay,
    @Key(value = "Whether vectors (norms, biases) are decayed too.", otherwise = "false")
        boolean decayVectors,
    @Key(
            value = "Share of all steps in which rates rise from 0 to their peaks.",
            otherwise = "0.0",
            min = 0,
            max = 1)
        double warmupRatio,
    @Key(
            value =
                "How rates go on: `constant` (without warm-up) and `constant_with_warmup` stay, `linear` and `cosine` fall towards 0 after the last step, `cosine_warmup_with_min_lr` reaches a floor at the last step.",
            otherwise = "cosine")
        LearningRateSchedule lrSchedulerType,
    @Key("Where `cosine_warmup_with_min_lr` ends.") SchedulerFloor lrSchedulerKwargs)
    implements Checked {

  private static final double LORA_RATE = 1e-4;
  private static final double FULL_RATE = 1e-5;

  /** Optimizers that recipes name. */
  public enum Groups {
    /** AdamW with a rate for each part of the model. */
    MULTIMODAL
  }

  /**
   * The rate at the last step; one of both.
   *
   * @param minLr as it is, for every part of the model
   * @param minLrRate as a share of each part's peak
   */
  public record SchedulerFloor(
      @Key(value = "Rate at the last step, of every part of the model.", min = 0, max = 10)
          Optional<Double> minLr,
      @Key(value = "The same as a share of each part's peak.", min = 0, max = 1)
          Optional<Double> minLrRate) {

    /** Of a schedule without one. */
    public static final SchedulerFloor NONE =
        new SchedulerFloor(Optional.empty(), Optional.empty());

    private boolean isGiven() {
      return minLr.isPresent() || minLrRate.isPresent();
    }
  }

  /** The same with the rates that are left out. */
  OptimizerConfig withDefaults(boolean lora) {
    Optional<Double> rate = learningRate.or(() -> Optional.of(lora ? LORA_RATE : FULL_RATE));
    return new OptimizerConfig(
        rate,
        vitLr.or(() -> rate),
        alignerLr.or(() -> rate),
        detectionLr,
        optimizer,
        adamBeta1,
        adamBeta2,
        adamEpsilon,
        weightDecay,
        decayVectors,
        warmupRatio,
        lrSchedulerType,
        lrSchedulerKwargs);
  }

  @Override
  public void check(Place section) {
    Place kwargs = section.at("lr_scheduler_kwargs");
    if (lrSchedulerType == LearningRateSchedule.COSINE_WARMUP_WITH_MIN_LR) {
      if (lrSchedulerKwargs.minLr.isPresent() == lrSchedulerKwargs.minLrRate.isPresent()) {
        kwargs
            .at("min_lr")
            .problem(
                "or training.lr_scheduler_kwargs.min_lr_rate must be given, and only one of them");
      }
    } else if (lrSchedulerKwargs.isGiven()) {
      kwargs.problem("need training.lr_scheduler_type: cosine_warmup_with_min_lr");
    }
    if (lrSchedulerType == LearningRateSchedule.CONSTANT && warmupRatio > 0) {
      section
          .at("lr_scheduler_type")
          .problem("constant has no warm-up: write constant_with_warmup, or remove warmup_ratio");
    }
  }

  /** Reports a floor above the peak of a part that is trained. */
  void checkFloor(Place section, Iterable<ParameterSpec.Module> trained) {
    for (ParameterSpec.Module part : trained) {
      double peak = peakLr(part);
      if (peak > 0 && lrSchedulerKwargs.minLr.orElse(0.0) > peak) {
        section
            .at("lr_scheduler_kwargs", "min_lr")
            .problem(
                "(%s) must not exceed the learning rate of any part of the model, which is %s for %s: lower it, or write min_lr_rate, a share of each"
                    .formatted(lrSchedulerKwargs.minLr.orElseThrow(), peak, part));
        return;
      }
    }
  }

  /** Peak learning rate of a part of the model. */
  public double peakLr(ParameterSpec.Module module) {
    return switch (module) {
      case LLM -> learningRate.orElseThrow();
      case VIT -> vitLr.orElseThrow();
      case ALIGNER -> alignerLr.orElseThrow();
      case DETECTION -> detectionLr;
    };
  }

  /** Decay of a parameter. */
  public double decay(ParameterSpec spec) {
    return decayVectors || spec.shape().size() > 1 ? weightDecay : 0;
  }

  /**
   * The learning rate of a part of the model in a step.
   *
   * @param step steps counted from 1
   */
  public double lr(ParameterSpec.Module module, long step, long totalSteps) {
    double peak = peakLr(module);
    return peak * lrFactor(peak, step, totalSteps);
  }

  private double lrFactor(double peak, long step, long totalSteps) {
    long warmup = Math.round(warmupRatio * totalSteps);
    double floor =
        lrSchedulerKwargs
            .minLr
            .map(least -> peak == 0 ? 0 : least / peak)
            .or(() -> lrSchedulerKwargs.minLrRate)
            .orElse(0.0);
    return lrSchedulerType.factor(step, warmup, totalSteps, floor);
  }
}
