package io.lockstep.data.prompt;

/** How much a summary prompt tells. */
public enum Profile {
  /** Format and task only. */
  SUMMARY_TRAIN_MIN,
  /** Adds the domain block and the mission's rules. */
  SUMMARY_RUNTIME
}
