package io.lockstep.worker.train;

import io.lockstep.model.batch.Batch;
import java.util.List;

/**
 * What one virtual rank computes in one step.
 *
 * @param step the step, from 0
 * @param virtualRank the virtual rank
 * @param batches its samples, in groups of similar length that are computed one after the other
 * @param datasets the dataset of each row of each batch; empty in a run with one dataset
 * @param replaced samples that were too long and gave way to others
 */
record MicroBatch(
    long step,
    int virtualRank,
    List<Batch> batches,
    List<int[]> datasets,
    List<Replaced> replaced) {

  /**
   * A sample that was too long.
   *
   * @param sample its number among the run's records
   * @param name for people
   */
  record Replaced(long sample, String name) {}

  MicroBatch {
    batches = List.copyOf(batches);
    datasets = List.copyOf(datasets);
    replaced = List.copyOf(replaced);
  }

  /** A micro-batch of a run with one dataset. */
  MicroBatch(long step, int virtualRank, List<Batch> batches, List<Replaced> replaced) {
    this(step, virtualRank, batches, List.of(), replaced);
  }

  /** The dataset of each row of a batch; empty in a run with one dataset. */
  int[] datasetsOf(int batch) {
    return datasets.isEmpty() ? new int[0] : datasets.get(batch);
  }

  /** What it holds in memory, about. */
  long bytes() {
    return batches.stream().mapToLong(MicroBatch::bytes).sum();
  }

  private static long bytes(Batch batch) {
    long longs =
        (long) batch.ids().length
            + batch.attentionMask().length
            + batch.labels().length
            + batch.positionIds().length
            + batch.keptTokens().length;
    return longs * Long.BYTES + (long) batch.pixels().length * Float.BYTES;
  }
}
