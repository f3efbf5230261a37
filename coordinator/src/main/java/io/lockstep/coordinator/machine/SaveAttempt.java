package io.lockstep.coordinator.machine;

/**
 * One attempt to save the state after {@code steps} steps, by the world of {@code generation}: no
 * other has both numbers.
 */
public record SaveAttempt(long steps, long generation) {}
