package io.lockstep.coordinator;

import java.util.EnumSet;
import java.util.Set;

/**
 * Where a run stands.
 *
 * <pre>
 * WAITING  -> FORMING    enough workers have joined
 * WAITING  -> FINISHED   drained before anything began
 * FORMING  -> TRAINING   every member is connected and loaded
 * FORMING  -> FINISHED   drained before the first step
 * TRAINING -> SAVING     a checkpoint is due and every member has applied its last step
 * SAVING   -> TRAINING   the checkpoint is committed, steps remain
 * SAVING   -> FINISHED   the last checkpoint is committed
 * any but FINISHED and FAILED -> FAILED
 * </pre>
 */
public enum Phase {
  /** Fewer workers than the run needs have joined. */
  WAITING,
  /** Workers connect to each other and load. */
  FORMING,
  /** Steps are computed. */
  TRAINING,
  /** A checkpoint is being written. */
  SAVING,
  /** The last checkpoint is committed, or there was nothing to do. */
  FINISHED,
  /** The run ended early. */
  FAILED;

  /** The phases that may follow this one. */
  public Set<Phase> successors() {
    return switch (this) {
      case WAITING -> EnumSet.of(FORMING, FINISHED, FAILED);
      case FORMING -> EnumSet.of(TRAINING, FINISHED, FAILED);
      case TRAINING -> EnumSet.of(SAVING, FAILED);
      case SAVING -> EnumSet.of(TRAINING, FINISHED, FAILED);
      case FINISHED, FAILED -> EnumSet.noneOf(Phase.class);
    };
  }

  /** Whether nothing follows any more. */
  public boolean ended() {
    return this == FINISHED || this == FAILED;
  }
}
