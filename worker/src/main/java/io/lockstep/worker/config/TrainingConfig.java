package io.lockstep.worker.config;

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
 * @param maxGradNorm gradients of a larger norm are scaled down to it; 0 turns clipping off
 * @param saveSteps a checkpoint every so many steps; 0 for one at the end alone
 * @param saveDelay before which there is none, except the one at the end
 * @param keepLast so many of the newest checkpoints stay; 0 for all
 * @param keepBest so many of those with the lowest mean training loss stay besides
 * @param loggingSteps a line of metrics every so many steps
 * @param bucketFloats gradient values of a ZeRO bucket
 * @param gradientCheckpointing whether going forward keeps the inputs of the model's segments
 *     alone, and going back computes each again: less memory for a third more time, the same bits
 * @param gradientAccumulation number of equal parts, in order, into which a virtual rank's samples
 *     are cut to be computed one after the other; more parts need less memory. Other parts pad
 *     otherwise and add up in another order, hence give other bits, as another batch size would
 */
public record TrainingConfig(
    long maxSteps,
    long epochs,
    int globalBatchSize,
    int virtualRanks,
    int globalMaxLength,
    boolean groupByLength,
    double maxGradNorm,
    long saveSteps,
    SaveDelay saveDelay,
    int keepLast,
    int keepBest,
    int loggingSteps,
    int bucketFloats,
    boolean gradientCheckpointing,
    int gradientAccumulation) {

  /** Values of a bucket if a recipe does not say. */
  public static final int DEFAULT_BUCKET_FLOATS = 1 << 18;

  private static final int MIN_BUCKET_FLOATS = 1024;
  private static final int BUCKET_ALIGNMENT = 16;

  /**
   * Before which no checkpoint is written; at most one of both is not 0.
   *
   * @param steps in steps
   * @param epochs in passes over the data
   */
  public record SaveDelay(long steps, long epochs) {}

  static TrainingConfig read(Section section) {
    RemovedOptions.refuse(section);
    TrainingConfig config =
        new TrainingConfig(
            section.longInteger("max_steps", 0L, 0, Long.MAX_VALUE),
            section.longInteger("epochs", 0L, 0, 1_000_000),
            section.integer("global_batch_size", null, 1),
            section.integer("virtual_ranks", 4, 1),
            section.integer("global_max_length", null, 8),
            section.bool("group_by_length", true),
            section.number("max_grad_norm", 1.0, 0, 1e9),
            section.longInteger("save_steps", 0L, 0, Long.MAX_VALUE),
            new SaveDelay(
                section.longInteger("save_delay_steps", 0L, 0, Long.MAX_VALUE),
                section.longInteger("save_delay_epochs", 0L, 0, 1_000_000)),
            section.integer("keep_last", 0, 0),
            section.integer("keep_best", 0, 0),
            section.integer("logging_steps", 1, 1),
            section.integer("bucket_floats", DEFAULT_BUCKET_FLOATS, MIN_BUCKET_FLOATS),
            section.bool("gradient_checkpointing", false),
            section.integer("gradient_accumulation", 1, 1));
    if ((config.maxSteps == 0) == (config.epochs == 0)) {
      section.problem("max_steps", "or training.epochs must be given, and only one of them");
    }
    if (config.globalBatchSize % config.virtualRanks != 0) {
      section.problem(
          "global_batch_size",
          "("
              + config.globalBatchSize
              + ") must be a multiple of training.virtual_ranks ("
              + config.virtualRanks
              + ")");
    } else if (config.samplesPerVirtualRank() % config.gradientAccumulation != 0) {
      section.problem(
          "gradient_accumulation",
          "("
              + config.gradientAccumulation
              + ") must divide the samples of a virtual rank, which are global_batch_size / virtual_ranks = "
              + config.samplesPerVirtualRank());
    }
    if (config.bucketFloats % BUCKET_ALIGNMENT != 0) {
      section.problem("bucket_floats", "must be a multiple of " + BUCKET_ALIGNMENT);
    }
    if (config.saveDelay.steps > 0 && config.saveDelay.epochs > 0) {
      section.problem("save_delay_steps", "and training.save_delay_epochs exclude each other");
    }
    if (config.keepBest > 0 && config.keepLast == 0) {
      section.problem(
          "keep_best",
          "has no effect while training.keep_last is 0, which keeps all: set keep_last to 1 or more");
    }
    String strategy = section.string("truncation_strategy", "raise");
    if (!strategy.equals("raise")) {
      section.problem(
          "truncation_strategy",
          "must be raise, not '%s': nothing is ever cut, over-long samples are replaced by others and reported in over_length.json; remove the key, and raise training.global_max_length or shorten the records if there are too many"
              .formatted(strategy));
    }
    section.finish();
    return config;
  }

  /** Steps before which no checkpoint is written, for a dataset of that many samples. */
  public long saveDelaySteps(long samples) {
    return saveDelay.epochs == 0
        ? saveDelay.steps
        : Math.ceilDiv(Math.multiplyExact(samples, saveDelay.epochs), globalBatchSize);
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
