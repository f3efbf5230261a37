package io.lockstep.coordinator.machine;

/**
 * One member of a world; its rank is its place in the list.
 *
 * @param address host and port of its collective
 * @param capability vector instructions and libraries that decide the bits of a result
 */
public record WorldMember(String name, String address, String capability) {}
