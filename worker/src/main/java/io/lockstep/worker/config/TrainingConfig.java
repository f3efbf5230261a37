package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;

/**
 * How long and in what portions to train.
 *
 * @param maxSteps number of steps; 0 if {@code epochs} decides
 * @param epochs number of passes over the data; 0 if {@code maxSteps} decides
 * @param globalBatchSize samples of a step over all workers
 * @param virtualRanks shares V a step is cut into, whatever the number of workers: the most workers
 *     the run can use
 * @param globalMaxLength most tokens of a sample, picture tokens included; longer samples are
 *     replaced and reported
 * @param groupByLength whether samples of a micro-batch are computed in groups of similar length,
 *     which saves padding, or all at once
 * @param truncationStrategy what becomes of longer samples
 * @param maxGradNorm gradients of a larger norm are scaled down to it; 0 turns clipping off
 * @param saveSteps a checkpoint every so many steps; 0 for one at the end alone
 * @param saveDelaySteps before which there is none, except the one at the end
 * @param saveDelayEpochs the same in passes over the data
 * @param keepLast so many of the newest checkpoints stay; 0 for all
 * @param keepBest so many of those with the lowest mean training loss stay besides
 * @param loggingSteps a line of metrics every so many steps
 * @param bucketFloats gradient values of a ZeRO bucket
 * @param gradientCheckpointing whether going forward keeps the inputs of the model's segments
 *     alone, and going back computes each again: less memory for a third more time, the same bits
 * @param gradientAccumulation number of equal parts, in order, into which a virtual rank's samples
 *     are cut to be computed one after the other; more parts need less memory. Other parts pad
 *     otherwise and add up in another order, hence give other bits, as another batch size would
 * @param routerAuxLossCoef weight of {@link io.lockstep.model.objective.RouterBalance}; 0 for none
 */
public record TrainingConfig(
    // The learning rate follows from the number of all steps.
    @Key(value = "Number of steps; either this or `epochs`.", otherwise = "0", min = 0)
        long maxSteps,
    @Key(
            value = "Number of passes over the data; either this or `max_steps`.",
            otherwise = "0",
            min = 0,
            max = 1_000_000)
        long epochs,
    @Key(value = "Samples of a step over all workers.", min = 1) int globalBatchSize,
    @Key(
            value =
                "Shares a step is cut into, whatever the number of workers: the most workers the run can use.",
            otherwise = "4",
            min = 1)
        int virtualRanks,
    @Key(
            value =
                "Most tokens of a sample, picture tokens included; longer samples are replaced and reported.",
            min = 8)
        int globalMaxLength,
    @Key(
            value =
                "Whether samples of a micro-batch are computed in groups of similar length, which saves padding, or all at once.",
            otherwise = "true")
        boolean groupByLength,
    @Key(
            value = "Nothing is ever cut.",
            otherwise = "raise",
            remedy =
                "nothing is ever cut, over-long samples are replaced by others and reported in over_length.json; remove the key, and raise training.global_max_length or shorten the records if there are too many")
        Truncation truncationStrategy,
    @Key(
            value = "Gradients of a larger norm are scaled down to it; 0 turns clipping off.",
            otherwise = "1.0",
            min = 0,
            max = 1e9)
        double maxGradNorm,
    @Key(
            value = "A checkpoint every so many steps; 0 for one at the end alone.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        long saveSteps,
    @Key(
            value = "Steps before which there is no checkpoint, except the one at the end.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        long saveDelaySteps,
    @Key(
            value = "The same in passes over the data.",
            otherwise = "0",
            min = 0,
            max = 1_000_000,
            changesWeights = false)
        long saveDelayEpochs,
    @Key(
            value = "So many of the newest checkpoints stay; 0 for all.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        int keepLast,
    @Key(
            value = "So many of those with the lowest mean training loss stay besides.",
            otherwise = "0",
            min = 0,
            changesWeights = false)
        int keepBest,
    @Key(
            value = "A line of metrics every so many steps.",
            otherwise = "1",
            min = 1,
            changesWeights = false)
        int loggingSteps,
    // Norms are summed bucket by bucket.
    @Key(
            value = "Gradient values of a ZeRO bucket; a multiple of 16.",
            otherwise = "" + DEFAULT_BUCKET_FLOATS,
            min = 1024)
        int bucketFloats,
    // Recomputing activations gives the same bits.
    @Key(
            value =
                "Whether going forward keeps the inputs of the model's segments alone, and going back computes each again: less memory for a third more time, the same bits.",
            otherwise = "false",
            changesWeights = false)
        boolean gradientCheckpointing,
    @Key(
            value =
                "Equal parts, in order, into which a virtual rank's samples are cut to be computed one after the other; more parts need less memory.",
            otherwise = "1",
            min = 1)
        int gradientAccumulation,
    @Key(
            value =
                "Weight of the routers' auxiliary loss (how unevenly tokens go to experts) beside the cross entropy, for models with experts; 0 for none. Models were published with 0.001.",
            otherwise = "0.0",
            min = 0,
            max = 1_000)
        double routerAuxLossCoef)
    implements Checked {

  /** Values of a bucket if a recipe does not say. */
  public static final int DEFAULT_BUCKET_FLOATS = 1 << 18;

  private static final int BUCKET_ALIGNMENT = 16;

  /** What becomes of over-long samples. */
  public enum Truncation {
    /** They are never cut. */
    RAISE
  }

  @Override
  public void check(Place section) {
    if ((maxSteps == 0) == (epochs == 0)) {
      section.at("max_steps").problem("or training.epochs must be given, and only one of them");
    }
    if (globalBatchSize % virtualRanks != 0) {
      section
          .at("global_batch_size")
          .problem(
              "(%d) must be a multiple of training.virtual_ranks (%d)"
                  .formatted(globalBatchSize, virtualRanks));
    } else if (samplesPerVirtualRank() % gradientAccumulation != 0) {
      section
          .at("gradient_accumulation")
          .problem(
              "(%d) must divide the samples of a virtual rank, which are global_batch_size / virtual_ranks = %d"
                  .formatted(gradientAccumulation, samplesPerVirtualRank()));
    }
    if (bucketFloats % BUCKET_ALIGNMENT != 0) {
      section.at("bucket_floats").problem("must be a multiple of " + BUCKET_ALIGNMENT);
    }
    if (saveDelaySteps > 0 && saveDelayEpochs > 0) {
      section.at("save_delay_steps").problem("and training.save_delay_epochs exclude each other");
    }
    if (keepBest > 0 && keepLast == 0) {
      section
          .at("keep_best")
          .problem(
              "has no effect while training.keep_last is 0, which keeps all: set keep_last to 1 or more");
    }
  }

  /** Steps before which no checkpoint is written, for a dataset of that many samples. */
  public long saveDelaySteps(long samples) {
    return saveDelayEpochs == 0
        ? saveDelaySteps
        : Math.ceilDiv(Math.multiplyExact(samples, saveDelayEpochs), globalBatchSize);
  }

  /** Samples that a virtual rank computes in a step. */
  public int samplesPerVirtualRank() {
    return globalBatchSize / virtualRanks;
  }

  /** Number of steps for a dataset of that many samples. */
  public long totalSteps(long samples) {
    return maxSteps > 0
        ? maxSteps
        : Math.ceilDiv(Math.multiplyExact(samples, epochs), globalBatchSize);
  }
}
