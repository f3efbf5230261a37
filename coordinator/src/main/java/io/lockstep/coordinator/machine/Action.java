package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunOutcome;
import java.util.List;

/** Something to be done, in the order given: an action that fails voids those after it. */
public sealed interface Action {

  /** Send a message to a worker; after a {@link ToWorker.Stop} its stream is closed. */
  record Send(long session, ToWorker message) implements Action {}

  /** Make an entry durable. */
  record Journal(JournalEntry entry) implements Action {}

  /** Check space, create the partial folder and answer with an event. */
  record PrepareCheckpoint(long steps) implements Action {}

  /** Verify the files, write the manifest, rename the folder and answer with an event. */
  record FinalizeCheckpoint(long steps, List<Event.CheckpointFile> files, boolean last)
      implements Action {
    public FinalizeCheckpoint {
      files = List.copyOf(files);
    }
  }

  /** Remove the partial folder of a checkpoint that won't be completed. */
  record DiscardCheckpoint(long steps) implements Action {}

  /** Tell listeners about a new phase. */
  record ChangePhase(Phase phase, String detail) implements Action {}

  /** Tell people something, one line. */
  record Notice(String text) implements Action {}

  /** The run is over. */
  record EndRun(RunOutcome outcome) implements Action {}
}
