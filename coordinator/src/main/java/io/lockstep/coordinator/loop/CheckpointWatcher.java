package io.lockstep.coordinator.loop;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.RunOutcome;

/** Called with the checkpoints of a run, on the run's thread. */
public interface CheckpointWatcher {

  /** A checkpoint is committed; earlier ones come first, oldest first. */
  void committed(CommittedCheckpoint checkpoint);

  /** The run has ended: no checkpoint follows. */
  void ended(RunOutcome outcome);
}
