package io.lockstep.coordinator;

import java.util.Locale;

/** What a coordinator tells people of; each is counted, also where a flood of them is not said. */
public enum NoticeKind {
  /** A worker joined, or came back on another stream. */
  JOINED,
  /** A worker has loaded the model. */
  LOADED,
  /** A worker was not let in. */
  REFUSED,
  /** A worker asked to leave. */
  LEAVING,
  /** A worker left in good order. */
  LEFT,
  /** A worker said that it can't go on; it is lost, too. */
  FAILED,
  /** A worker was lost, for whatever reason. */
  LOST,
  /** The coordinator put a worker out. */
  EVICTED,
  /** A worker waits for another one in an exchange. */
  STALLED,
  /** A membership ended, or exchanges tensors in another way. */
  MEMBERSHIP,
  /** The run waits for workers or a checkpoint. */
  WAITING,
  /** The state was lost: a checkpoint is loaded, and steps may be computed again. */
  RESTORED,
  /** A step was skipped, since its loss or gradient was not finite. */
  SKIPPED_STEP,
  /** Another record took the place of one that can't be read. */
  UNREADABLE,
  /** An evaluation is complete, or ended the run. */
  EVALUATED,
  /** A checkpoint was given up, and is taken again later. */
  CHECKPOINT_GIVEN_UP,
  /** A checkpoint has no certificate. */
  UNCERTIFIED,
  /** A checkpoint can't be gone back to: its files are not those that were written. */
  DAMAGED_CHECKPOINT,
  /** Somebody drained the run. */
  DRAINED,
  /** The coordinator itself stood still. */
  PAUSED;

  /** Its name in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
