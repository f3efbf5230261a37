package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.RunOutcome;
import java.util.List;

/** A fact of a run that outlives the coordinator. */
public sealed interface JournalEntry {

  /** A generation of the world was formed. */
  record WorldFormed(long generation, long nextStep, List<WorldMember> members)
      implements JournalEntry {
    public WorldFormed {
      members = List.copyOf(members);
    }
  }

  /** Steps were leased to a generation. */
  record LeaseGranted(long generation, long firstStep, long steps) implements JournalEntry {}

  /** A step is decided. */
  record StepCommitted(CommittedStep step) implements JournalEntry {}

  /** A checkpoint has its final name. */
  record CheckpointCommitted(CommittedCheckpoint checkpoint) implements JournalEntry {}

  /** The run is over. */
  record RunEnded(RunOutcome outcome) implements JournalEntry {}
}
