package io.lockstep.coordinator;

/** Where a run stands; which phase may follow which is told by the coordinator's state machine. */
public enum Phase {
  /** No membership epoch is there: workers or a checkpoint to go back to are waited for. */
  WAITING,
  /** Members connect to each other, and load or exchange the state. */
  FORMING,
  /** Steps are computed; a checkpoint may be written meanwhile. */
  TRAINING,
  /** Members stand still until a checkpoint is complete. */
  SAVING,
  /** The last checkpoint is committed, or there was nothing to do. */
  FINISHED,
  /** The run could not go on. */
  FAILED;

  /** Whether nothing follows any more. */
  public boolean ended() {
    return this == FINISHED || this == FAILED;
  }
}
