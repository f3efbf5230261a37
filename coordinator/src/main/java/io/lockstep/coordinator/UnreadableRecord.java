package io.lockstep.coordinator;

/**
 * A record that couldn't be read and was replaced by another.
 *
 * @param sample its number among the run's records
 * @param what is wrong with it, with file and line
 */
public record UnreadableRecord(long sample, String what) {}
