package io.lockstep.data.parameter;

/**
 * One entry of a configured list.
 *
 * @param kind what it names
 * @param arguments what it says of its parameters, completed with their defaults
 */
public record Configured<K extends Kind>(K kind, Arguments arguments) {}
