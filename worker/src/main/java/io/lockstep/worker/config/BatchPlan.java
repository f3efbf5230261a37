package io.lockstep.worker.config;

/**
 * How a step's samples are cut up, whatever the number of workers.
 *
 * <p>A step learns from {@code per_device_train_batch_size * gradient_accumulation_steps} samples,
 * as training on one device would. They are cut into equal shares, the virtual ranks, each of which
 * is computed by one worker; and each share into the fewest equal parts of at most {@code
 * per_device_train_batch_size} samples, which are computed one after the other. Workers compute
 * several virtual ranks each if there are fewer of them, so that their number changes nothing that
 * is computed.
 *
 * @param globalBatchSize samples of a step over all workers
 * @param virtualRanks shares; the most workers that the run can use
 * @param parts equal parts of a share, in order
 */
public record BatchPlan(int globalBatchSize, int virtualRanks, int parts) {

  /** Virtual ranks of a recipe that doesn't say, if its batch can be cut so. */
  private static final int USUAL_RANKS = 4;

  /**
   * Cuts a batch.
   *
   * @param perDevice samples that are computed at once, at most
   * @param accumulation how many times as many a step has
   * @param virtualRanks a divisor of their product; if it isn't, shares are rounded down
   */
  static BatchPlan of(int perDevice, int accumulation, int virtualRanks) {
    int global = Math.multiplyExact(perDevice, accumulation);
    int share = Math.max(1, global / virtualRanks);
    int parts = Math.ceilDiv(share, perDevice);
    while (share % parts != 0) {
      parts++;
    }
    return new BatchPlan(global, virtualRanks, parts);
  }

  /** The virtual ranks of a batch for which none are given: the greatest common divisor with 4. */
  static int usualRanks(long globalBatchSize) {
    return globalBatchSize % USUAL_RANKS == 0 ? USUAL_RANKS : globalBatchSize % 2 == 0 ? 2 : 1;
  }

  /** Samples that a virtual rank computes in a step. */
  public int samplesPerVirtualRank() {
    return globalBatchSize / virtualRanks;
  }

  /** Samples that are computed at once. */
  public int samplesPerPart() {
    return samplesPerVirtualRank() / parts;
  }
}
