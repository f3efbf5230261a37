package io.lockstep.data.plan;

/**
 * One draw of a sample.
 *
 * @param epoch the pass over the data, from 0
 * @param place where in the epoch's order the draw stands, from 0
 * @param sample the record's index in the dataset, from 0
 */
public record SampleRef(long epoch, long place, long sample) {}
