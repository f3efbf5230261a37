package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Numerics;
import io.lockstep.coordinator.RunOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * The durable facts of a run, built from its journal entry by entry. The machine decides from them
 * alone, so a coordinator that is started again goes on where the one before it ended.
 */
public final class RunHistory {
  private static final int FIRST_CAPACITY = 64;

  private long generation;
  private List<String> lastMembers = List.of();
  private Numerics numerics = Numerics.UNKNOWN;
  private long committed;
  private Optional<CommittedStep> lastStep = Optional.empty();
  private int buckets;
  private int[] digests = new int[FIRST_CAPACITY];
  private int digestCount;

  /** Digests of earlier steps are void. */
  private long firstDigest;

  /** Steps that changed no weight, since a figure was not finite. */
  private final NavigableSet<Long> skipped = new TreeSet<>();

  /** What the run that this one goes on from skipped. */
  private JournalEntry.BegunFrom begunFrom = new JournalEntry.BegunFrom(0, 0);

  private final UnreadableRecords unreadable = new UnreadableRecords();
  private final List<CommittedCheckpoint> checkpoints = new ArrayList<>();
  private final List<CommittedEvaluation> evaluations = new ArrayList<>();
  private OptionalLong drainedAt = OptionalLong.empty();
  private String drainedBy = "";
  private Optional<RunOutcome> outcome = Optional.empty();

  /** Adds the next entry. */
  public void add(JournalEntry entry) {
    switch (entry) {
      case JournalEntry.MembershipFormed epoch -> {
        generation = epoch.generation();
        lastMembers = epoch.members().stream().map(Membership.Participant::name).toList();
      }
      case JournalEntry.NumericsFixed fixed -> numerics = fixed.numerics();
      case JournalEntry.LeaseGranted _ -> {}
      case JournalEntry.StepCommitted step -> add(step.step());
      case JournalEntry.Rewound rewound -> {
        committed = rewound.toSteps();
        skipped.tailSet(committed, true).clear();
        unreadable.rewound(committed);
        lastStep = Optional.empty();
        checkpoints.removeIf(checkpoint -> checkpoint.steps() > committed);
        evaluations.removeIf(evaluation -> evaluation.steps() > committed);
      }
      case JournalEntry.BegunFrom begun -> begunFrom = begun;
      case JournalEntry.CheckpointCommitted checkpoint -> add(checkpoint.checkpoint());
      case JournalEntry.EvaluationCommitted evaluation -> evaluations.add(evaluation.evaluation());
      case JournalEntry.DrainAccepted drain -> {
        drainedAt = OptionalLong.of(drain.endAt());
        drainedBy = drain.by();
      }
      case JournalEntry.RunEnded ended -> outcome = Optional.of(ended.outcome());
      case JournalEntry.RunResumed _ -> {
        outcome = Optional.empty();
        drainedAt = OptionalLong.empty();
        drainedBy = "";
      }
    }
  }

  private void add(CommittedStep step) {
    if (step.step() != committed) {
      throw new IllegalStateException(
          "step " + step.step() + " can't be committed after " + committed + " steps");
    }
    committed++;
    if (step.skipped()) {
      skipped.add(step.step());
    }
    unreadable.committed(step);
    lastStep = Optional.of(step);
    buckets = step.buckets();
    int index = Math.toIntExact(step.step());
    if (index >= digests.length) {
      // A run that began at another's checkpoint has no digests of the steps before.
      digests = Arrays.copyOf(digests, 2 * index);
    }
    digests[index] = step.digest();
    digestCount = Math.max(digestCount, index + 1);
  }

  private void add(CommittedCheckpoint checkpoint) {
    checkpoints.removeIf(before -> before.steps() >= checkpoint.steps());
    checkpoints.add(checkpoint);
  }

  /** The newest generation, 0 before the first. */
  public long generation() {
    return generation;
  }

  /** Names of the newest generation's members. */
  public List<String> lastMembers() {
    return lastMembers;
  }

  /** The numerics that the run's workers need; unknown before the first epoch. */
  public Numerics numerics() {
    return numerics;
  }

  /** Committed steps. */
  public long committed() {
    return committed;
  }

  /** The last committed step, if no checkpoint was loaded since. */
  public Optional<CommittedStep> lastStep() {
    return lastStep;
  }

  /** The unreadable records that the committed steps replaced. */
  UnreadableRecords unreadable() {
    return unreadable;
  }

  /** Committed steps that were skipped, those before another run's checkpoint included. */
  public long skippedSteps() {
    return skipped.size() + (committed >= begunFrom.steps() ? begunFrom.skippedSteps() : 0);
  }

  /** How many of the last committed steps in a row were skipped. */
  int skippedInARow() {
    int steps = 0;
    while (skipped.contains(committed - 1 - steps)) {
      steps++;
    }
    return steps;
  }

  /** Number of gradient buckets, 0 before the first step. */
  public int buckets() {
    return buckets;
  }

  /** Digest of a step that was committed, also if the run went back to a step before it. */
  public OptionalInt digest(long step) {
    return step >= firstDigest && step < digestCount
        ? OptionalInt.of(digests[Math.toIntExact(step)])
        : OptionalInt.empty();
  }

  /** Steps committed so far may get other digests if they are computed again. */
  public void forgetDigests() {
    firstDigest = committed;
  }

  /** The checkpoints, oldest first. */
  public List<CommittedCheckpoint> checkpoints() {
    return Collections.unmodifiableList(checkpoints);
  }

  /** The evaluations, oldest first. */
  public List<CommittedEvaluation> evaluations() {
    return Collections.unmodifiableList(evaluations);
  }

  /** The newest evaluation. */
  public Optional<CommittedEvaluation> lastEvaluation() {
    return evaluations.isEmpty() ? Optional.empty() : Optional.of(evaluations.getLast());
  }

  /** The evaluation after so many steps. */
  public Optional<CommittedEvaluation> evaluation(long steps) {
    return evaluations.stream().filter(each -> each.steps() == steps).findFirst();
  }

  /** The newest checkpoint. */
  public Optional<CommittedCheckpoint> newestCheckpoint() {
    return checkpoints.isEmpty() ? Optional.empty() : Optional.of(checkpoints.getLast());
  }

  /** Whether the newest checkpoint holds all committed steps. */
  public boolean isSaved() {
    return newestCheckpoint().filter(newest -> newest.steps() == committed).isPresent();
  }

  /** Steps after which the run ends early, if it was drained. */
  public OptionalLong drainedAt() {
    return drainedAt;
  }

  /** Who drained it, one line; empty if nobody did. */
  public String drainedBy() {
    return drainedBy;
  }

  /** How the run ended, if it has. */
  public Optional<RunOutcome> outcome() {
    return outcome;
  }
}
