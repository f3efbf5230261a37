package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.UnreadableRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** How steps are reduced, committed and applied. */
final class RunMachineStepsTest {

  @Test
  void stepIsJournaledBeforeAnybodyHearsOfIt() {
    RunMachine machine = Cluster.training(Plans.plan(1, 4, 0)).machine;
    List<Action> actions = machine.handle(Reports.share(1, 1, 0, 0, 1), 2000);
    assertTrue(
        actions.get(0) instanceof Action.Journal(JournalEntry.StepCommitted _), actions::toString);
    assertTrue(actions.get(1) instanceof Action.Send(long _, ToWorker.Commit _), actions::toString);
  }

  /** What the only member reports of a step whose records can't all be read. */
  private static Event.Reduced unreadable(long step, long... samples) {
    Event.Reduced whole = Reports.share(1, 1, step, 0, 1);
    List<Event.VirtualRankResult> results = new ArrayList<>(whole.virtualRanks());
    Event.VirtualRankResult first = results.getFirst();
    results.set(
        0,
        new Event.VirtualRankResult(
            0,
            first.lossSum(),
            first.tokens(),
            first.correctTokens(),
            List.of(),
            LongStream.of(samples)
                .mapToObj(sample -> new UnreadableRecord(sample, "data.jsonl:" + sample))
                .toList(),
            List.of(),
            List.of(),
            first.counts()));
    return new Event.Reduced(1, 1, step, results, whole.buckets());
  }

  @Test
  void eachUnreadableRecordIsNamedOnceAndTheFirstTooManyEndsTheRun() {
    Cluster cluster = Cluster.training(Plans.plan(1, 8, 0).toBuilder().maxUnreadable(2).build());
    cluster.handle(unreadable(0, 7, 7, 3));
    assertTrue(cluster.noticed("(1 of at most 2): data.jsonl:7"), cluster.notices::toString);
    assertTrue(cluster.noticed("(2 of at most 2): data.jsonl:3"), cluster.notices::toString);
    int notices = cluster.notices.size();
    cluster.handle(new Event.Applied(1, 1, 0));
    cluster.handle(unreadable(1, 3));
    assertEquals(notices, cluster.notices.size());
    assertEquals(2, cluster.status().steps());
    cluster.handle(new Event.Applied(1, 1, 1));
    cluster.handle(unreadable(2, 9));
    assertEquals(Phase.FAILED, cluster.phase());
    assertEquals(2, cluster.status().steps());
    assertTrue(
        cluster.status().detail().contains("3 records of this run can't be read"),
        cluster.status()::detail);
    assertTrue(cluster.status().detail().contains("data.jsonl:9"), cluster.status()::detail);
  }

  @Test
  void stepsThatAreComputedAgainCountTheirUnreadableRecordsAgain() {
    RunHistory history = new RunHistory();
    RunMachine machine =
        Cluster.training(Plans.plan(1, 8, 0).toBuilder().maxUnreadable(9).build()).machine;
    for (Action action : machine.handle(unreadable(0, 7, 3), 2000)) {
      if (action instanceof Action.Journal(JournalEntry entry)) {
        history.add(entry);
      }
    }
    assertEquals(2, history.unreadable().count());
    history.add(new JournalEntry.Rewound(1, 0, "lost"));
    assertEquals(0, history.unreadable().count());
  }

  @Test
  void commitWaitsForTheLastWorker() {
    Cluster cluster = Cluster.training(Plans.plan(2, 4, 0));
    cluster.reduce(1, 0);
    assertEquals(List.of(), cluster.take());
    cluster.reduce(2, 0);
    ToWorker.Commit commit = (ToWorker.Commit) cluster.takeFor(2).getFirst();
    assertEquals(0, commit.step().step());
    assertEquals(1, cluster.status().steps());
    assertEquals(commit.step().meanLoss(), cluster.status().loss());
  }

  @Test
  void workerMayReduceTheNextStepBeforeOthersHaveAppliedThisOne() {
    Cluster cluster = Cluster.training(Plans.plan(2, 4, 0));
    cluster.reduce(1, 0);
    cluster.reduce(2, 0);
    cluster.handle(new Event.Applied(1, 1, 0));
    cluster.reduce(1, 1);
    cluster.handle(new Event.Applied(2, 1, 0));
    cluster.reduce(2, 1);
    assertEquals(2, cluster.status().steps());
  }

  @Test
  void reducingWithoutHavingAppliedCostsTheWorkerItsStream() {
    Cluster cluster = Cluster.training(Plans.plan(1, 4, 0));
    cluster.reduce(1, 0);
    cluster.take();
    cluster.reduce(1, 1);
    cluster.assertExpelled(1, "a (rank 0) sent REDUCED of step 1 out of turn");
  }

  @Test
  void reducingTheWrongStepNamesTheWorkerAndTheState() {
    Cluster cluster = Cluster.training(Plans.plan(2, 4, 0));
    cluster.reduce(2, 1);
    cluster.assertExpelled(
        2,
        "b (rank 1) sent REDUCED of step 1 out of turn; it last did: ready; the run was TRAINING"
            + " (generation 1, 0 steps committed");
  }

  @Test
  void whatIsSaidTwiceCountsOnce() {
    Cluster cluster = Cluster.joined(Plans.plan(2, 1, 0));
    for (int said = 0; said < 2; said++) {
      cluster.ready(1, 1, 2);
    }
    for (int said = 0; said < 2; said++) {
      cluster.reduce(2, 0);
    }
    cluster.reduce(1, 0);
    cluster.reduce(1, 0);
    for (int said = 0; said < 2; said++) {
      cluster.handle(new Event.Applied(1, 1, 0));
      cluster.handle(new Event.Applied(2, 1, 0));
    }
    cluster.handle(new Event.PartWritten(1, 1, 1, List.of(part("part-1"))));
    cluster.handle(new Event.PartWritten(1, 1, 1, List.of(part("part-1"))));
    assertEquals(1, cluster.status().steps());
    cluster.handle(new Event.PartWritten(2, 1, 1, List.of(part("part-2"))));
    assertEquals("all 1 steps are done", cluster.outcome().reason());
  }

  private static Event.CheckpointFile part(String path) {
    return new Event.CheckpointFile(path, 5, "0".repeat(64));
  }

  @Test
  void anotherWordAboutTheSameStepCostsTheWorkerItsStream() {
    Cluster cluster = Cluster.training(Plans.plan(2, 4, 0));
    cluster.reduce(2, 0);
    cluster.take();
    Event.Reduced share = Reports.share(2, 1, 0, 1, 2);
    List<Event.BucketResult> others =
        share.buckets().stream()
            .map(bucket -> new Event.BucketResult(bucket.bucket(), 1, 1))
            .toList();
    cluster.handle(new Event.Reduced(2, 1, 0, share.virtualRanks(), others));
    cluster.assertExpelled(2, "b (rank 1) sent REDUCED of step 0 out of turn");
  }

  @Test
  void olderGenerationIsRefusedAndChangesNothing() {
    Cluster cluster = Cluster.training(Plans.plan(1, 4, 0));
    cluster.handle(Reports.share(1, 0, 0, 0, 1));
    assertEquals(0, cluster.status().steps());
    assertEquals(Phase.TRAINING, cluster.phase());
  }

  @Test
  void generationThatDoesNotExistYetCostsTheWorkerItsStream() {
    Cluster cluster = Cluster.training(Plans.plan(1, 4, 0));
    cluster.handle(Reports.share(1, 2, 0, 0, 1));
    cluster.assertExpelled(1, "a (rank 0) sent REDUCED of step 0 of generation 2, the run is at 1");
  }

  @Test
  void lossThatIsNotANumberEndsTheRun() {
    Cluster cluster = Cluster.training(Plans.plan(1, 4, 0));
    Event.Reduced share = Reports.share(1, 1, 0, 0, 1);
    List<Event.VirtualRankResult> poisoned =
        share.virtualRanks().stream()
            .map(result ->
                result.virtualRank() == 2
                    ? new Event.VirtualRankResult(2, Double.NaN, 3, 0)
                    : result)
            .toList();
    cluster.handle(new Event.Reduced(1, 1, 0, poisoned, share.buckets()));
    cluster.assertFailed("step 0: the loss of virtual rank 2 is NaN (reported by a (rank 0))");
    assertEquals(0, cluster.outcome().steps());
  }

  /** What the only member reports of a step that one sample spoils. */
  private static Event.Reduced spoiled(long step) {
    Event.Reduced share = Reports.share(1, 1, step, 0, 1);
    List<Event.VirtualRankResult> results = new ArrayList<>(share.virtualRanks());
    results.set(
        2,
        new Event.VirtualRankResult(
            2,
            Double.NaN,
            3,
            0,
            List.of(),
            List.of(),
            List.of(),
            List.of(),
            StepCounts.NONE,
            List.of("data.jsonl:" + step)));
    return new Event.Reduced(1, 1, step, results, share.buckets());
  }

  @Test
  void stepsThatAreNotFiniteAreSkippedUntilTooManyInARowNameTheirSamples() {
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 0).toBuilder().maxNonFinite(1).build());
    cluster.handle(spoiled(0));
    ToWorker.Commit skipped = (ToWorker.Commit) cluster.takeFor(1).getFirst();
    assertTrue(skipped.step().skipped());
    assertEquals(1, skipped.step().skippedSteps());
    assertTrue(
        cluster.noticed(
            "SKIPPED step 0, which changes no weight (1 in a row of at most 1, 1 in all)"),
        cluster.notices::toString);
    assertTrue(cluster.noticed("data.jsonl:0"), cluster.notices::toString);
    cluster.handle(new Event.Applied(1, 1, 0));
    cluster.step(1);
    ToWorker.Commit sound =
        cluster.takeFor(1).stream()
            .filter(ToWorker.Commit.class::isInstance)
            .map(ToWorker.Commit.class::cast)
            .toList()
            .getLast();
    assertEquals(List.of(false, 1L), List.of(sound.step().skipped(), sound.step().skippedSteps()));
    cluster.handle(spoiled(2));
    cluster.handle(new Event.Applied(1, 1, 2));
    cluster.handle(spoiled(3));
    cluster.assertFailed("step 3: the loss of virtual rank 2 is NaN");
    String why = cluster.outcome().reason();
    assertTrue(why.contains("data.jsonl:3"), why);
    assertTrue(
        why.contains("2 steps in a row are more than training.max_nonfinite_steps (1)"), why);
    assertEquals(3, cluster.outcome().steps());
  }

  @Test
  void coordinatorThatIsStartedAgainKnowsWhatWasSkipped() {
    RunPlan plan = Plans.plan(1, 9, 0).toBuilder().maxNonFinite(1).build();
    Cluster before = Cluster.training(plan);
    before.handle(spoiled(0));
    assertEquals(1, before.history().skippedSteps());
    assertEquals(1, before.history().skippedInARow());
    RunHistory history = before.history();
    history.add(new JournalEntry.Rewound(1, 0, "lost"));
    assertEquals(0, history.skippedSteps());
    history.add(new JournalEntry.BegunFrom(0, 4));
    assertEquals(4, history.skippedSteps());
  }

  @Test
  void timeToTheEndFollowsFromTheRate() {
    Cluster cluster = Cluster.training(Plans.plan(1, 40, 0));
    assertTrue(cluster.status().remaining().isEmpty());
    for (long step = 0; step < 20; step++) {
      cluster.now += 500;
      cluster.step(step);
    }
    assertEquals(
        new io.lockstep.data.plan.Pace.Remaining(10, 10, 10),
        cluster.status().remaining().orElseThrow());
  }

  @Test
  void rateIsThatOfTheCommits() {
    Cluster cluster = Cluster.training(Plans.plan(1, 40, 0));
    for (long step = 0; step < 3; step++) {
      cluster.now += 500;
      cluster.step(step);
    }
    assertEquals(2.0, cluster.status().stepsPerSecond());
  }
}
