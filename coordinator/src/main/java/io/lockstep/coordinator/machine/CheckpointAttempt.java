package io.lockstep.coordinator.machine;

/**
 * One attempt to save the state after {@code steps} steps, by the members of {@code generation}: no
 * other has both numbers.
 */
public record CheckpointAttempt(long steps, long generation) {}
