package io.lockstep.coordinator;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where a run stands.
 *
 * <pre>
 * WAITING  -> FORMING    enough workers are there
 * WAITING  -> FINISHED   drained before anything began, or all is saved already
 * FORMING  -> TRAINING   every member is connected and holds the state
 * FORMING  -> FINISHED   drained before the first step
 * TRAINING -> SAVING     the run stands still until a checkpoint is complete
 * TRAINING -> FINISHED   drained at a step that is saved already
 * SAVING   -> TRAINING   steps remain
 * SAVING   -> FINISHED   the last checkpoint is committed
 * FORMING, TRAINING, SAVING -> FORMING   the membership has changed
 * FORMING, TRAINING, SAVING -> WAITING   workers are missing
 * any but FINISHED and FAILED -> FAILED
 * </pre>
 */
public enum Phase {
  /** Fewer workers than the run needs have joined. */
  WAITING,
  /** Workers connect to each other, and load or exchange the state. */
  FORMING,
  /** Steps are computed; a checkpoint may be written beside. */
  TRAINING,
  /** Everybody stands still until a checkpoint is complete. */
  SAVING,
  /** The last checkpoint is committed, or there was nothing to do. */
  FINISHED,
  /** The run ended early. */
  FAILED;

  /** The phases that may follow this one. */
  public Set<Phase> successors() {
    return switch (this) {
      case WAITING -> EnumSet.of(FORMING, FINISHED, FAILED);
      case FORMING -> EnumSet.of(FORMING, WAITING, TRAINING, FINISHED, FAILED);
      case TRAINING -> EnumSet.of(SAVING, FORMING, WAITING, FINISHED, FAILED);
      case SAVING -> EnumSet.of(TRAINING, FORMING, WAITING, FINISHED, FAILED);
      case FINISHED, FAILED -> EnumSet.noneOf(Phase.class);
    };
  }

  /** Whether nothing follows any more. */
  public boolean ended() {
    return this == FINISHED || this == FAILED;
  }
}
