package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How long and in what portions to train.
 *
 * @param runName for people
 * @param seed source of all randomness
 * @param outputDir the run's folder, if it is known yet
 * @param maxSteps number of steps; 0 if {@code numTrainEpochs} decides
 * @param numTrainEpochs number of passes over the data
 * @param perDeviceTrainBatchSize samples that are computed at once, at most; see {@link BatchPlan}
 * @param gradientAccumulationSteps how many times as many a step has
 * @param optimizer how weights are updated
 * @param maxGradNorm gradients of a larger norm are scaled down to it; 0 turns clipping off
 * @param maxNonfiniteSteps so many steps in a row may be skipped because loss or gradient is not
 *     finite
 * @param groupByLength whether samples of a micro-batch are computed in groups of similar length,
 *     which saves padding, or all at once
 * @param gradientCheckpointing whether going forward keeps the inputs of the model's segments
 *     alone, and going back computes each again: less memory for a third more time, the same bits
 * @param bf16 whether to compute in bfloat16
 * @param fp16 refused
 * @param tf32 whether products of float32 may be those of TF32
 * @param routerAuxLossCoef weight of {@link io.lockstep.model.objective.RouterBalance}; 0 for none
 * @param saving when checkpoints are written, and which stay
 * @param evaluation when the run is evaluated on held-out records, and what that decides
 * @param loggingSteps a line of metrics every so many steps
 */
public record TrainingConfig(
    @Key(value = "Name for people.", otherwise = "run", changesWeights = false) String runName,
    @Key(value = "Source of all randomness.", otherwise = "42") long seed,
    @Key(value = "The run's folder, unless `--out` names it.", changesWeights = false)
        Optional<Path> outputDir,
    // The learning rate follows from the number of all steps.
    @Key(
            value = "Number of steps; 0 for as many as `num_train_epochs` come to.",
            otherwise = "0",
            min = 0)
        long maxSteps,
    @Key(
            value = "Number of passes over the data, unless `max_steps` is given.",
            otherwise = "3",
            min = 0,
            aboveMin = true,
            max = 1_000_000)
        double numTrainEpochs,
    @Key(value = "Samples that are computed at once, at most.", otherwise = "1", min = 1)
        int perDeviceTrainBatchSize,
    @Key(
            value =
                "How many times as many samples a step learns from, whatever the number of workers; unless it is given, so many that they are at least 16.",
            min = 1)
        Optional<Integer> gradientAccumulationSteps,
    @Key(inline = true) OptimizerConfig optimizer,
    @Key(
            value = "Gradients of a larger norm are scaled down to it; 0 turns clipping off.",
            otherwise = "1.0",
            min = 0,
            max = 1e9)
        double maxGradNorm,
    // Decides whether a run goes on, not what it learns.
    @Key(
            value =
                "So many steps in a row whose loss or gradient is not finite are skipped, without a change of weights or moments; one more ends the run. 0 ends it at the first.",
            otherwise = "0",
            min = 0,
            max = 1_000_000,
            changesWeights = false)
        int maxNonfiniteSteps,
    @Key(
            value =
                "Whether samples of a micro-batch are computed in groups of similar length, which saves padding, or all at once.",
            otherwise = "true")
        boolean groupByLength,
    // Recomputing activations gives the same bits.
    @Key(
            value =
                "Whether going forward keeps the inputs of the model's segments alone, and going back computes each again: less memory for a third more time, the same bits. Unless it is given, with zero3 only, which needs it.",
            changesWeights = false)
        Optional<Boolean> gradientCheckpointing,
    @Key(value = "The same as `model.torch_dtype: bfloat16`.", otherwise = "false") boolean bf16,
    @Key(value = "Not supported; bfloat16 is.", otherwise = "false", form = NoFloat16.class)
        boolean fp16,
    @Key(
            value =
                "Whether matrix products and convolutions of float32 may round their factors to TF32 (10 bits of mantissa), on CUDA devices that have instructions for it.",
            otherwise = "false")
        boolean tf32,
    @Key(
            value =
                "Weight of the routers' auxiliary loss (how unevenly tokens go to experts) beside the cross entropy, for models with experts; 0 for none. Models were published with 0.001.",
            otherwise = "0.0",
            min = 0,
            max = 1_000)
        double routerAuxLossCoef,
    @Key(inline = true) SavingConfig saving,
    @Key(inline = true) EvaluationConfig evaluation,
    @Key(
            value = "A line of metrics every so many steps.",
            otherwise = "5",
            min = 1,
            changesWeights = false)
        int loggingSteps)
    implements Checked {

  /** What is said where the key has no effect. */
  public static final String TF32_ON_CPU =
      "training.tf32: true has no effect on the CPU, where float32 is computed in full: it is for CUDA devices";

  private static final int USUAL_BATCH = 16;

  @Override
  public void check(Place section) {
    if ((long) perDeviceTrainBatchSize * accumulationSteps() > Integer.MAX_VALUE) {
      section
          .at("gradient_accumulation_steps")
          .problem("times per_device_train_batch_size is more samples than a step can have");
    }
  }

  /** How many times as many samples a step learns from as are computed at once. */
  public int accumulationSteps() {
    return gradientAccumulationSteps.orElseGet(
        () -> Math.ceilDiv(USUAL_BATCH, perDeviceTrainBatchSize));
  }

  /** Samples that a step learns from. */
  public long globalBatchSize() {
    return (long) perDeviceTrainBatchSize * accumulationSteps();
  }

  /** Number of steps for a dataset of that many samples. */
  public long totalSteps(long samples) {
    return maxSteps > 0 ? maxSteps : stepsOfEpochs(samples, numTrainEpochs);
  }

  /** Steps that passes over a dataset come to; the last one may reach into the next pass. */
  long stepsOfEpochs(long samples, double epochs) {
    return Math.max(1, (long) Math.ceil(samples * epochs / globalBatchSize()));
  }

  TrainingConfig with(OptimizerConfig other, boolean checkpointing) {
    return new TrainingConfig(
        runName,
        seed,
        outputDir,
        maxSteps,
        numTrainEpochs,
        perDeviceTrainBatchSize,
        Optional.of(accumulationSteps()),
        other,
        maxGradNorm,
        maxNonfiniteSteps,
        groupByLength,
        Optional.of(checkpointing),
        bf16,
        fp16,
        tf32,
        routerAuxLossCoef,
        saving,
        evaluation,
        loggingSteps);
  }

  TrainingConfig withOutputDir(Path dir) {
    return new TrainingConfig(
        runName,
        seed,
        Optional.of(dir),
        maxSteps,
        numTrainEpochs,
        perDeviceTrainBatchSize,
        gradientAccumulationSteps,
        optimizer,
        maxGradNorm,
        maxNonfiniteSteps,
        groupByLength,
        gradientCheckpointing,
        bf16,
        fp16,
        tf32,
        routerAuxLossCoef,
        saving,
        evaluation,
        loggingSteps);
  }

  /** Whether the model's segments are computed again going back. */
  public boolean checkpoints() {
    return gradientCheckpointing.orElse(false);
  }
}
