package io.lockstep.coordinator;

/**
 * A record that couldn't be read and gave way to another.
 *
 * @param sample its number among the run's records
 * @param what is wrong with it, with file and line
 */
public record UnreadableRecord(long sample, String what) {}
