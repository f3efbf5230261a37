package io.lockstep.coordinator.machine;

import static io.lockstep.coordinator.Phase.FAILED;
import static io.lockstep.coordinator.Phase.FINISHED;
import static io.lockstep.coordinator.Phase.FORMING;
import static io.lockstep.coordinator.Phase.SAVING;
import static io.lockstep.coordinator.Phase.TRAINING;
import static io.lockstep.coordinator.Phase.WAITING;

import io.lockstep.coordinator.Phase;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What moves a run from phase to phase, and the only place that says which phase may follow which.
 * {@link RunMachine} shows them as a table.
 */
enum Transition {
  /** A membership epoch was formed, the first or after another: its participants connect. */
  EPOCH_FORMED(FORMING, EnumSet.of(WAITING, FORMING, TRAINING, SAVING)),

  /** All participants are connected and hold the state. */
  EPOCH_READY(TRAINING, EnumSet.of(FORMING)),

  /** An epoch ended, and the next has to wait for workers or a checkpoint. */
  QUORUM_LOST(WAITING, EnumSet.of(FORMING, TRAINING, SAVING)),

  /** No steps are leased until a checkpoint is complete. */
  CHECKPOINT_AWAITED(SAVING, EnumSet.of(TRAINING)),

  /** A checkpoint is complete, and steps remain. */
  STEPS_LEASED(TRAINING, EnumSet.of(SAVING)),

  /** The last step is saved, or the run was drained where nothing is to be saved. */
  RUN_COMPLETED(FINISHED, EnumSet.of(WAITING, FORMING, SAVING)),

  /** The run can't go on, whoever takes part in it. */
  RUN_FAILED(FAILED, EnumSet.of(WAITING, FORMING, TRAINING, SAVING));

  private final Phase to;

  @SuppressWarnings("ImmutableEnumChecker") // It is an unmodifiable copy.
  private final Set<Phase> from;

  Transition(Phase to, Set<Phase> from) {
    this.to = to;
    this.from = Collections.unmodifiableSet(EnumSet.copyOf(from));
  }

  /** The phase that it leads to. */
  Phase to() {
    return to;
  }

  /** The phases in which it may happen. */
  Set<Phase> from() {
    return from;
  }

  /**
   * The phase after this one.
   *
   * @param state the run's state for the message, one line
   * @throws IllegalStateException if it may not happen in this phase
   */
  Phase apply(Phase present, String state) {
    if (!from.contains(present)) {
      throw new IllegalStateException(
          "%s may happen in %s, not in %s; the run is %s".formatted(this, from, present, state));
    }
    return to;
  }
}
