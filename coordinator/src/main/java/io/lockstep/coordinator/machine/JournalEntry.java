package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunOutcome;
import java.util.List;

/** A durable fact of a run. */
public sealed interface JournalEntry {

  /** A membership epoch was formed. */
  record MembershipFormed(long generation, long nextStep, List<Membership.Participant> members)
      implements JournalEntry {
    public MembershipFormed {
      members = List.copyOf(members);
    }
  }

  /** The numerics that all of the run's workers need from now on. */
  record NumericsFixed(Numerics numerics) implements JournalEntry {}

  /** Steps were leased to a generation. */
  record LeaseGranted(long generation, long firstStep, long steps) implements JournalEntry {}

  /** A step is decided. */
  record StepCommitted(CommittedStep step) implements JournalEntry {}

  /**
   * The run goes back to a checkpoint, since no worker holds some of the state.
   *
   * @param fromSteps steps that were committed
   * @param toSteps steps of the checkpoint that the run goes on from, 0 for the base model
   * @param reason who was lost with it, one line
   */
  record Rewound(long fromSteps, long toSteps, String reason) implements JournalEntry {}

  /** The run begins at another run's checkpoint of so many steps, some of which were skipped. */
  record BegunFrom(long steps, long skippedSteps) implements JournalEntry {}

  /** A checkpoint has its final name. */
  record CheckpointCommitted(CommittedCheckpoint checkpoint) implements JournalEntry {}

  /** The figures of an evaluation are known. */
  record EvaluationCommitted(CommittedEvaluation evaluation) implements JournalEntry {}

  /**
   * The run ends early.
   *
   * @param endAt after that many steps
   * @param by who asked for it, one line
   */
  record DrainAccepted(long endAt, String by) implements JournalEntry {}

  /** The run is over. */
  record RunEnded(RunOutcome outcome) implements JournalEntry {}

  /** A run that was drained or failed goes on. */
  record RunResumed() implements JournalEntry {}
}
