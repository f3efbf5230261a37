package io.lockstep.config;

/**
 * An option of other programs that is left out on purpose.
 *
 * @param part what every name of it holds
 * @param reason why, and what to do instead
 */
public record RemovedOption(String part, String reason) {}
