package io.lockstep.data.bank;

import io.lockstep.data.record.ImageRecord;

/**
 * A sample that pieces of are pasted into another one.
 *
 * @param epoch the pass over the data in which it was drawn
 * @param sample its index in the dataset
 */
public record SourceSample(long epoch, long sample, ImageRecord record) {}
