package io.lockstep.collective.fault;

/** Which way bytes go through a proxy. */
public enum Direction {
  /** From whoever connected to the process behind the proxy. */
  TO_TARGET,
  /** Back from there. */
  FROM_TARGET
}
