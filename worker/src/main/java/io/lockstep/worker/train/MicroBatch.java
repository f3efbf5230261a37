package io.lockstep.worker.train;

import io.lockstep.model.batch.Batch;
import java.util.List;

/**
 * What one virtual rank computes in one step.
 *
 * @param step the step, from 0
 * @param virtualRank the virtual rank
 * @param batches its samples, in groups of similar length that are computed one after the other
 * @param replaced names of samples that were too long and gave way to others
 */
record MicroBatch(long step, int virtualRank, List<Batch> batches, List<String> replaced) {

  MicroBatch {
    batches = List.copyOf(batches);
    replaced = List.copyOf(replaced);
  }
}
