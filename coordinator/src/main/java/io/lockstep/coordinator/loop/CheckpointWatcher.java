package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.RunOutcome;

/** Follows the checkpoints of a run; called on the run's thread. */
public interface CheckpointWatcher {

  /** A checkpoint is committed; those before the watcher came are told first, oldest first. */
  void committed(CommittedCheckpoint checkpoint);

  /** Nothing follows. */
  void ended(RunOutcome outcome);
}
