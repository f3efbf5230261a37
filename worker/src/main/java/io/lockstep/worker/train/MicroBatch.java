package io.lockstep.worker.train;

import io.lockstep.model.batch.Batch;
import java.util.List;

/**
 * What one virtual rank computes in one step.
 *
 * @param step the step, from 0
 * @param virtualRank the virtual rank
 * @param batch its samples, padded to the longest of them
 * @param replaced names of samples that were too long and gave way to others
 */
record MicroBatch(long step, int virtualRank, Batch batch, List<String> replaced) {}
