package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.machine.Awaited;
import io.lockstep.coordinator.machine.JournalEntry;
import io.lockstep.coordinator.machine.RunMachine;
import io.lockstep.coordinator.machine.ToWorker;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What has to hold of the journal and of what workers are told, whatever happens. */
final class Invariants {
  private final RunPlan plan;
  private final Model model;
  private final Map<Long, CommittedStep> firstTime = new HashMap<>();
  private final Set<Long> checkpoints = new HashSet<>();
  private final Map<Long, CommittedEvaluation> evaluations = new TreeMap<>();
  private final Set<Long> evaluated = new HashSet<>();
  private long generation;
  private long committed;
  private long recomputed;
  private int rewinds;
  private boolean ended;

  /** Within that time the limit is noticed, and the run goes elsewhere. */
  private static final long TICKS_MILLIS = 1000;

  Invariants(RunPlan plan, Model model) {
    this.plan = plan;
    this.model = model;
  }

  long committed() {
    return committed;
  }

  long generation() {
    return generation;
  }

  int rewinds() {
    return rewinds;
  }

  /** Committed steps that were computed again. */
  long recomputed() {
    return recomputed;
  }

  List<CommittedStep> steps() {
    return firstTime.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue)
        .toList();
  }

  void journaled(JournalEntry entry) {
    require(!ended, "journaled after the end: " + entry);
    switch (entry) {
      case JournalEntry.MembershipFormed formed -> {
        require(formed.generation() > generation, "generations don't grow: " + formed);
        require(formed.nextStep() == committed, "a membership at another step: " + formed);
        int size = formed.members().size();
        require(
            size >= plan.membership().minWorkers() && size <= plan.membership().maxWorkers(),
            "a membership of " + size);
        generation = formed.generation();
      }
      case JournalEntry.LeaseGranted lease -> {
        require(lease.generation() == generation, "leased to an old generation: " + lease);
        require(lease.firstStep() >= committed, "leased what is committed: " + lease);
      }
      case JournalEntry.StepCommitted step -> committed(step.step());
      case JournalEntry.Rewound rewound -> {
        require(rewound.fromSteps() == committed, "went back from elsewhere: " + rewound);
        require(
            rewound.toSteps() == 0 || checkpoints.contains(rewound.toSteps()),
            "went back to no checkpoint: " + rewound);
        committed = rewound.toSteps();
        evaluated.removeIf(steps -> steps > committed);
        rewinds++;
      }
      case JournalEntry.CheckpointCommitted checkpoint -> {
        long steps = checkpoint.checkpoint().steps();
        require(steps <= committed, "a checkpoint of the future: " + checkpoint);
        require(
            evaluated.contains(steps) || !plan.evaluations().isDue(steps, plan.totalSteps()),
            "saved before it was evaluated: " + checkpoint);
        checkpoints.add(steps);
      }
      case JournalEntry.EvaluationCommitted evaluation -> evaluated(evaluation.evaluation());
      case JournalEntry.DrainAccepted drain ->
          require(
              drain.endAt() >= committed && drain.endAt() <= plan.totalSteps(),
              "drained at an impossible step: " + drain);
      case JournalEntry.NumericsFixed _, JournalEntry.BegunFrom _, JournalEntry.RunResumed _ -> {}
      case JournalEntry.RunEnded _ -> ended = true;
    }
  }

  private void evaluated(CommittedEvaluation evaluation) {
    require(evaluation.steps() == committed, "evaluated another step: " + evaluation);
    require(plan.evaluations().isDue(committed, plan.totalSteps()), "not due: " + evaluation);
    require(evaluated.add(evaluation.steps()), "evaluated twice: " + evaluation);
    CommittedEvaluation timeless =
        new CommittedEvaluation(
            0,
            evaluation.steps(),
            evaluation.records(),
            evaluation.tokens(),
            evaluation.lossSum(),
            evaluation.correctTokens());
    CommittedEvaluation before = evaluations.putIfAbsent(evaluation.steps(), timeless);
    require(
        before == null || before.equals(timeless),
        "evaluated again with another result: " + evaluation);
  }

  /** The evaluations, whichever membership computed them, oldest first. */
  List<CommittedEvaluation> evaluations() {
    return List.copyOf(evaluations.values());
  }

  /** Whether so many steps were ever saved. */
  boolean wasSaved(long steps) {
    return checkpoints.contains(steps);
  }

  private void committed(CommittedStep step) {
    require(
        evaluated.contains(committed) || !plan.evaluations().isDue(committed, plan.totalSteps()),
        "went on without an evaluation: " + step);
    require(step.step() == committed, "expected step " + committed + " to be next, got " + step);
    require(step.generation() == generation, "an old generation commits: " + step);
    require(step.buckets() == model.buckets(), "another number of buckets: " + step);
    CommittedStep before = firstTime.putIfAbsent(step.step(), timeless(step));
    if (before != null) {
      recomputed++;
      require(before.equals(timeless(step)), "computed again with another result: " + step);
    }
    committed++;
  }

  /** A step's figures, whichever membership computed it. */
  private static CommittedStep timeless(CommittedStep step) {
    return new CommittedStep(
            0,
            step.step(),
            step.tokens(),
            step.lossSum(),
            step.correctTokens(),
            step.replaced(),
            step.gradNorm(),
            step.buckets(),
            step.digest(),
            step.datasets())
        .withTerms(step.terms())
        .withCounts(step.counts())
        .after(step.skippedSteps());
  }

  void sent(ToWorker message, List<JournalEntry> journal) {
    if (message instanceof ToWorker.Commit commit) {
      require(
          commit.step().step() == committed - 1 && !journal.isEmpty(),
          "sent before it was journaled: " + commit);
    }
    if (message instanceof ToWorker.NewMembership told) {
      require(told.membership().generation() == generation, "a membership that isn't journaled");
    }
    if (message instanceof ToWorker.Lease lease) {
      require(lease.generation() == generation, "a lease of an old generation");
    }
  }

  /** No state waits without a name for what is awaited, nor beyond its limit. */
  void waits(RunMachine machine, long now) {
    if (machine.ended()) {
      return;
    }
    List<Awaited> awaited = machine.awaited();
    if (awaited.isEmpty() && machine.status(now).steps() != machine.endAt()) {
      throw new AssertionError("it waits for nothing: " + machine.status(now));
    }
    for (Awaited each : awaited) {
      require(!each.what().isBlank(), "it waits for something without a name");
      if (now - each.since() > each.limitMillis() + TICKS_MILLIS) {
        throw new AssertionError("it waits beyond the limit: " + each.describe(now));
      }
    }
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new AssertionError(problem);
    }
  }
}
