package io.lockstep.data.bank;

import io.lockstep.data.record.ImageRecord;

/**
 * A sample that pieces are taken of.
 *
 * @param epoch the pass over the data in which it was drawn
 * @param sample its index in the dataset
 */
public record Donor(long epoch, long sample, ImageRecord record) {}
