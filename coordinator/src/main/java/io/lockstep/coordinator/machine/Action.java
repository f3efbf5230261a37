package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.RunOutcome;
import java.util.List;

/** Something to be done, in the order given; when one fails, those after it are not done. */
public sealed interface Action {

  /** Send a message to a worker; after a {@link ToWorker.Stop} its stream is closed. */
  record Send(long session, ToWorker message) implements Action {}

  /** Close a stream whose worker is lost or has opened another one. */
  record CloseStream(long session) implements Action {}

  /** Make an entry durable. */
  record Journal(JournalEntry entry) implements Action {}

  /** Check the free space, create a folder for this attempt alone, and answer with an event. */
  record PrepareCheckpoint(CheckpointAttempt attempt) implements Action {}

  /** Verify the files, write the manifest, rename the folder and answer with an event. */
  record FinalizeCheckpoint(
      CheckpointAttempt attempt, List<Event.CheckpointFile> files, boolean last) implements Action {
    public FinalizeCheckpoint {
      files = List.copyOf(files);
    }
  }

  /** Remove the folder of an attempt that was given up, once nobody writes to it. */
  record DiscardCheckpoint(CheckpointAttempt attempt) implements Action {}

  /** Find the first of these that is complete and unaltered, and answer with an event. */
  record ChooseCheckpoint(List<CommittedCheckpoint> newestFirst) implements Action {
    public ChooseCheckpoint {
      newestFirst = List.copyOf(newestFirst);
    }
  }

  /** Tell listeners about a new phase. */
  record ChangePhase(Phase phase, String detail) implements Action {}

  /** A notice for people, one line. */
  record Notice(String text) implements Action {}

  /** The run is over. */
  record EndRun(RunOutcome outcome) implements Action {}
}
