package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.UnreadableRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RunMachineTest {

  private static RunPlan plan(int workers, long totalSteps, long saveEverySteps) {
    return Plans.plan(Path.of("run"), workers, totalSteps, saveEverySteps);
  }

  // ---- joining

  @Test
  void waitsUntilEverybodyHasJoined() {
    Cluster cluster = new Cluster(plan(2, 4, 0));
    cluster.join(1);
    assertEquals(Phase.WAITING, cluster.phase());
    assertEquals("waiting for workers: 1 of 2 have joined", cluster.status().detail());
    assertEquals(List.of(new ToWorker.Welcome("run: test\n", 500, 60_000)), cluster.takeFor(1));
    cluster.join(2);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void noMembershipWaitsForAWorkerThatLoads() {
    Cluster cluster = new Cluster(plan(2, 4, 0));
    cluster.join(1);
    cluster.handle(new Event.Joined(2, "b", "127.0.0.1:1002", "test", "first", List.of(), true));
    assertEquals("waiting for workers: 1 of 2 have joined", cluster.status().detail());
    cluster.handle(new Event.Ready(2, 0));
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void ranksFollowNamesNotTheOrderOfJoining() {
    Cluster cluster = new Cluster(plan(2, 4, 0));
    cluster.join(2);
    cluster.join(1);
    List<Membership.Participant> members =
        List.of(
            new Membership.Participant("a", "127.0.0.1:1001", "test"),
            new Membership.Participant("b", "127.0.0.1:1002", "test"));
    assertEquals(new JournalEntry.MembershipFormed(1, 0, members), cluster.journal.getFirst());
    List<ToWorker> memberships =
        cluster.take().stream()
            .map(Action.Send::message)
            .filter(ToWorker.NewMembership.class::isInstance)
            .toList();
    Membership first =
        new Membership(1, members, List.of(), 0, Optional.empty(), List.of(), Optional.empty());
    assertEquals(
        List.of(new ToWorker.NewMembership(first, 0), new ToWorker.NewMembership(first, 1)),
        memberships);
  }

  @Test
  void secondWorkerOfTheSameNameIsRefused() {
    Cluster cluster = new Cluster(plan(2, 4, 0));
    cluster.join(1);
    cluster.handle(Cluster.joining(7, "a", "second"));
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(7).getFirst();
    assertEquals(
        "a worker named a is in the run already: give this one another --name", stop.reason());
    assertEquals(Phase.WAITING, cluster.phase());
  }

  @Test
  void workerMayLeaveWhileOthersAreAwaited() {
    Cluster cluster = new Cluster(plan(2, 4, 0));
    cluster.join(1);
    cluster.handle(new Event.Lost(1, "it ended its stream"));
    assertEquals("waiting for workers: 0 of 2 have joined", cluster.status().detail());
    cluster.join(1);
    cluster.join(2);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void leaseComesWhenTheLastIsReady() {
    Cluster cluster = Cluster.joined(plan(2, 4, 0));
    cluster.handle(new Event.Ready(1, 1));
    assertEquals(Phase.FORMING, cluster.phase());
    assertEquals("waiting for b (rank 1) to connect and load", cluster.status().detail());
    cluster.take();
    cluster.handle(new Event.Ready(2, 1));
    assertEquals(Phase.TRAINING, cluster.phase());
    assertEquals(List.of(new ToWorker.Lease(1, 0, 2)), cluster.takeFor(1));
  }

  // ---- steps

  @Test
  void stepIsJournaledBeforeAnybodyHearsOfIt() {
    RunMachine machine = Cluster.training(plan(1, 4, 0)).machine;
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
            List.of()));
    return new Event.Reduced(1, 1, step, results, whole.buckets());
  }

  @Test
  void eachUnreadableRecordIsNamedOnceAndTheFirstTooManyEndsTheRun() {
    Cluster cluster = Cluster.training(plan(1, 8, 0).toBuilder().maxUnreadable(2).build());
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
        Cluster.training(plan(1, 8, 0).toBuilder().maxUnreadable(9).build()).machine;
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
    Cluster cluster = Cluster.training(plan(2, 4, 0));
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
    Cluster cluster = Cluster.training(plan(2, 4, 0));
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
    Cluster cluster = Cluster.training(plan(1, 4, 0));
    cluster.reduce(1, 0);
    cluster.take();
    cluster.reduce(1, 1);
    assertExpelled(cluster, 1, "a (rank 0) sent REDUCED of step 1 out of turn");
  }

  @Test
  void reducingTheWrongStepNamesTheWorkerAndTheState() {
    Cluster cluster = Cluster.training(plan(2, 4, 0));
    cluster.reduce(2, 1);
    assertExpelled(
        cluster,
        2,
        "b (rank 1) sent REDUCED of step 1 out of turn; it last did: ready; the run was TRAINING"
            + " (generation 1, 0 steps committed");
  }

  @Test
  void whatIsSaidTwiceCountsOnce() {
    Cluster cluster = Cluster.joined(plan(2, 1, 0));
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
    Cluster cluster = Cluster.training(plan(2, 4, 0));
    cluster.reduce(2, 0);
    cluster.take();
    Event.Reduced share = Reports.share(2, 1, 0, 1, 2);
    List<Event.BucketResult> others =
        share.buckets().stream()
            .map(bucket -> new Event.BucketResult(bucket.bucket(), 1, 1))
            .toList();
    cluster.handle(new Event.Reduced(2, 1, 0, share.virtualRanks(), others));
    assertExpelled(cluster, 2, "b (rank 1) sent REDUCED of step 0 out of turn");
  }

  @Test
  void olderGenerationIsRefusedAndChangesNothing() {
    Cluster cluster = Cluster.training(plan(1, 4, 0));
    cluster.handle(Reports.share(1, 0, 0, 0, 1));
    assertEquals(0, cluster.status().steps());
    assertEquals(Phase.TRAINING, cluster.phase());
  }

  @Test
  void generationThatDoesNotExistYetCostsTheWorkerItsStream() {
    Cluster cluster = Cluster.training(plan(1, 4, 0));
    cluster.handle(Reports.share(1, 2, 0, 0, 1));
    assertExpelled(
        cluster, 1, "a (rank 0) sent REDUCED of step 0 of generation 2, the run is at 1");
  }

  @Test
  void lossThatIsNotANumberEndsTheRun() {
    Cluster cluster = Cluster.training(plan(1, 4, 0));
    Event.Reduced share = Reports.share(1, 1, 0, 0, 1);
    List<Event.VirtualRankResult> poisoned =
        share.virtualRanks().stream()
            .map(result ->
                result.virtualRank() == 2
                    ? new Event.VirtualRankResult(2, Double.NaN, 3, 0)
                    : result)
            .toList();
    cluster.handle(new Event.Reduced(1, 1, 0, poisoned, share.buckets()));
    assertFailed(cluster, "step 0: the loss of virtual rank 2 is NaN (reported by a (rank 0))");
    assertEquals(0, cluster.outcome().steps());
  }

  @Test
  void timeToTheEndFollowsFromTheRate() {
    Cluster cluster = Cluster.training(plan(1, 40, 0));
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
    Cluster cluster = Cluster.training(plan(1, 40, 0));
    for (long step = 0; step < 3; step++) {
      cluster.now += 500;
      cluster.step(step);
    }
    assertEquals(2.0, cluster.status().stepsPerSecond());
  }

  // ---- checkpoints

  @Test
  void checkpointIsAskedForWhenAllHaveAppliedItsLastStep() {
    Cluster cluster = Cluster.training(plan(2, 4, 1));
    cluster.reduce(1, 0);
    cluster.reduce(2, 0);
    cluster.handle(new Event.Applied(1, 1, 0));
    assertEquals(Phase.TRAINING, cluster.phase());
    cluster.take();
    cluster.handle(new Event.Applied(2, 1, 0));
    assertEquals(
        List.of(
            new ToWorker.SaveCheckpoint(1, 1, Path.of("/run/.partial")),
            new ToWorker.Lease(1, 1, 1)),
        cluster.takeFor(1));
    assertEquals(Phase.TRAINING, cluster.phase());
  }

  @Test
  void trainingGoesOnWhileACheckpointIsWritten() {
    Cluster cluster = Cluster.training(plan(2, 9, 2));
    cluster.step(0);
    cluster.step(1);
    cluster.step(2);
    assertEquals(3, cluster.status().steps());
    cluster.save(2);
    CommittedCheckpoint saved = checkpoint(cluster);
    assertEquals(2, saved.steps());
    assertFalse(saved.last());
    assertEquals(Phase.TRAINING, cluster.phase());
  }

  @Test
  void nextCheckpointWaitsForTheOneBefore() {
    Cluster cluster = Cluster.training(plan(1, 9, 2));
    for (long step = 0; step < 4; step++) {
      cluster.step(step);
    }
    assertEquals(Phase.SAVING, cluster.phase());
    assertEquals(
        "waiting for the checkpoint at step 2 before the next one", cluster.status().detail());
    cluster.take();
    cluster.save(2);
    assertEquals(Phase.TRAINING, cluster.phase());
    assertEquals(
        List.of(
            new ToWorker.SaveCheckpoint(1, 4, Path.of("/run/.partial")),
            new ToWorker.Lease(1, 4, 2)),
        cluster.takeFor(1));
  }

  @Test
  void runIsNotFinishedBeforeItsLastCheckpoint() {
    Cluster cluster = Cluster.training(plan(1, 2, 1));
    cluster.step(0);
    cluster.step(1);
    cluster.save(1);
    assertEquals(Phase.SAVING, cluster.phase());
    cluster.save(2);
    assertEquals(Phase.FINISHED, cluster.phase());
    assertTrue(checkpoint(cluster).last());
  }

  @Test
  void lastCheckpointFinishesTheRun() {
    Cluster cluster = Cluster.training(plan(2, 1, 0));
    cluster.step(0);
    cluster.take();
    cluster.save(1);
    assertEquals(Phase.FINISHED, cluster.phase());
    assertEquals(
        List.of(new ToWorker.Stop(true, "all 1 steps are done", false)), cluster.takeFor(1));
    assertTrue(checkpoint(cluster).last());
    assertEquals(1, cluster.outcome().steps());
  }

  @Test
  void workerThatWritesTheFileOfAnotherHasToGoAndTheCheckpointIsTakenAgain() {
    Cluster cluster = Cluster.training(plan(2, 1, 0));
    cluster.step(0);
    List<Event.CheckpointFile> files =
        List.of(new Event.CheckpointFile("model.safetensors", 5, "0".repeat(64)));
    cluster.handle(new Event.PartWritten(1, 1, 1, files));
    cluster.handle(new Event.PartWritten(2, 1, 1, files));
    assertExpelled(cluster, 2, "two workers wrote model.safetensors of the checkpoint at step 1");
    cluster.ready(2, 1);
    cluster.handle(new Event.PartWritten(1, 2, 1, files));
    assertTrue(cluster.outcome().finished());
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
  }

  @Test
  void fileOutsideTheCheckpointCostsTheWorkerItsStream() {
    for (String path : List.of("../model.safetensors", "/etc/x", "", "a//b", "manifest.json")) {
      Cluster cluster = Cluster.training(plan(1, 1, 0));
      cluster.step(0);
      cluster.handle(
          new Event.PartWritten(
              1, 1, 1, List.of(new Event.CheckpointFile(path, 5, "0".repeat(64)))));
      assertExpelled(cluster, 1, "a (rank 0) reported the checkpoint file '" + path + "'");
    }
  }

  @Test
  void checkpointThatCannotBeSavedEndsTheRunWithItsProblem() {
    Cluster cluster = Cluster.training(plan(1, 1, 0)).withoutDisk();
    cluster.step(0);
    cluster.handle(
        new Event.CheckpointFailed(
            new CheckpointAttempt(1, 1), "no room for the checkpoint at step 1"));
    assertFailed(cluster, "no room for the checkpoint at step 1");
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
  }

  @Test
  void whoeverReportsWhatItDidNotWriteLosesItsPlaceAndTheOthersSaveAgain() {
    Cluster cluster = Cluster.training(plan(2, 1, 0)).withoutDisk();
    cluster.step(0);
    CheckpointAttempt first = new CheckpointAttempt(1, 1);
    cluster.handle(new Event.CheckpointPrepared(first, Path.of("/run/.partial")));
    cluster.save(1);
    cluster.take();
    cluster.handle(
        new Event.CheckpointFailed(
            first, "part-2 has 4 bytes, 5 were reported", List.of("part-2")));
    assertEquals(List.of(first), cluster.discarded);
    assertTrue(cluster.noticed("the checkpoint at step 1 is given up and taken again later"));
    assertTrue(
        cluster.noticed("it broke the protocol: part-2 has 4 bytes, 5 were reported"),
        cluster.notices::toString);
    assertEquals(1, cluster.membership(1).membership().members().size());
    cluster.ready(2, 1);
    cluster.handle(
        new Event.CheckpointPrepared(new CheckpointAttempt(1, 2), Path.of("/run/.again")));
    assertTrue(
        cluster.takeFor(1).contains(new ToWorker.SaveCheckpoint(2, 1, Path.of("/run/.again"))));
  }

  @Test
  void theOnlyWorkerThatReportsWhatItDidNotWriteEndsTheRun() {
    Cluster cluster = Cluster.training(plan(1, 1, 0)).withoutDisk();
    cluster.step(0);
    CheckpointAttempt attempt = new CheckpointAttempt(1, 1);
    cluster.handle(new Event.CheckpointPrepared(attempt, Path.of("/run/.partial")));
    cluster.save(1);
    cluster.handle(new Event.CheckpointFailed(attempt, "part-1 is missing", List.of("part-1")));
    assertFailed(cluster, "part-1 is missing");
  }

  // ---- drain

  @Test
  void drainEndsTheRunWithACheckpointAfterTheLeasedSteps() {
    Cluster cluster = Cluster.training(plan(1, 100, 0));
    cluster.handle(new Event.DrainRequested("ann"));
    assertEquals(2, cluster.machine.endAt());
    cluster.step(0);
    cluster.step(1);
    cluster.save(2);
    assertTrue(cluster.outcome().finished());
    assertEquals("drained by ann after step 2 of 100", cluster.outcome().reason());
    assertTrue(checkpoint(cluster).last());
  }

  @Test
  void drainWhileACheckpointIsAwaitedMakesTheNextOneTheLast() {
    Cluster cluster = Cluster.training(plan(1, 100, 2));
    for (long step = 0; step < 4; step++) {
      cluster.step(step);
    }
    cluster.handle(new Event.DrainRequested("ann"));
    cluster.save(2);
    assertEquals(Phase.SAVING, cluster.phase());
    cluster.save(4);
    assertEquals("drained by ann after step 4 of 100", cluster.outcome().reason());
  }

  @Test
  void drainDuringTheLastLeaseIsAcceptedAndTheRunIsWhole() {
    Cluster cluster = Cluster.training(plan(1, 2, 0));
    cluster.handle(new Event.DrainRequested("ann"));
    assertTrue(
        cluster.noticed("drained by ann: the run ends with a checkpoint after step 2"),
        cluster.notices::toString);
    cluster.step(0);
    cluster.step(1);
    cluster.save(2);
    assertEquals("all 2 steps are done", cluster.outcome().reason());
  }

  @Test
  void drainWhileACheckpointIsPreparedMakesItTheLast() {
    Cluster cluster = Cluster.training(plan(1, 100, 2)).withoutDisk();
    cluster.step(0);
    cluster.step(1);
    CheckpointAttempt attempt = new CheckpointAttempt(2, 1);
    cluster.handle(new Event.DrainRequested("ann"));
    assertEquals(Phase.SAVING, cluster.phase());
    cluster.handle(new Event.CheckpointPrepared(attempt, Path.of("/run/.partial")));
    cluster.save(2);
    cluster.handle(
        new Event.CheckpointCommitted(
            attempt, new CommittedCheckpoint(2, Path.of("/run/step-2"), "0".repeat(64), 5, true)));
    assertEquals("drained by ann after step 2 of 100", cluster.outcome().reason());
  }

  @Test
  void drainIsKeptInTheJournal() {
    Cluster cluster = Cluster.training(plan(1, 100, 0));
    cluster.handle(new Event.DrainRequested("ann"));
    cluster.handle(new Event.DrainRequested("ann"));
    assertEquals(
        List.of(new JournalEntry.DrainAccepted(2, "ann")),
        cluster.journal.stream().filter(JournalEntry.DrainAccepted.class::isInstance).toList());
  }

  @ParameterizedTest
  @EnumSource(
      value = Phase.class,
      names = {"WAITING", "FORMING"})
  void drainBeforeTheFirstStepFinishesAtOnce(Phase phase) {
    Cluster cluster = new Cluster(plan(2, 4, 0));
    cluster.join(1);
    if (phase == Phase.FORMING) {
      cluster.join(2);
    }
    cluster.take();
    cluster.handle(new Event.DrainRequested("ann"));
    assertEquals(Phase.FINISHED, cluster.phase());
    assertEquals(
        List.of(
            new ToWorker.Stop(
                true, "drained by ann before the first of 4 steps; nothing was saved", false)),
        cluster.takeFor(1));
  }

  // ---- failures

  @Test
  void runGoesOnWithoutAWorkerThatFailsAndEndsWithTheLast() {
    Cluster cluster = Cluster.training(plan(2, 9, 0));
    cluster.step(0);
    cluster.handle(new Event.Failed(1, "picture images/7.png can't be read"));
    assertEquals(Phase.FORMING, cluster.phase());
    cluster.ready(2, 2);
    cluster.handle(new Event.Failed(2, "picture images/7.png can't be read"));
    assertEquals(Phase.FAILED, cluster.phase());
    String reason = cluster.outcome().reason();
    assertTrue(
        reason.startsWith("worker b (rank 0) failed in generation 2 at step 1: picture images/7"),
        reason);
  }

  @Test
  void failureBeforeTheStartIsTheWorkersAlone() {
    Cluster cluster = new Cluster(plan(1, 9, 0));
    cluster.handle(new Event.Joined(1, "a", "127.0.0.1:1001", "test", "first", List.of(), true));
    cluster.handle(new Event.Failed(1, "no model"));
    assertTrue(cluster.noticed("worker a can't take part: no model"), cluster.notices::toString);
    cluster.join(2);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void spareWorkerMayFailWithoutHarm() {
    Cluster cluster = Cluster.training(Plans.withLimits(plan(2, 9, 0), 1, 2));
    cluster.join(3);
    cluster.handle(new Event.Failed(3, "no base model on this machine"));
    assertEquals(Phase.TRAINING, cluster.phase());
    assertTrue(
        cluster.noticed("worker c can't take part: no base model"), cluster.notices::toString);
  }

  @Test
  void failureEndsTheRunAndTheUnfinishedFolderIsRemoved() {
    Cluster cluster = Cluster.training(plan(1, 1, 0));
    cluster.step(0);
    cluster.handle(new Event.Failed(1, "out of memory"));
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
    assertEquals(Phase.FAILED, cluster.phase());
  }

  @Test
  void nothingHappensAfterTheEnd() {
    Cluster cluster = Cluster.training(plan(2, 9, 0));
    cluster.handle(new Event.Aborted("shut down"));
    cluster.take();
    cluster.handle(new Event.Lost(1, "gone"));
    cluster.reduce(1, 0);
    cluster.handle(new Event.DrainRequested("ann"));
    cluster.handle(new Event.Aborted("shut down"));
    cluster.pass(60_000);
    assertEquals(List.of(), cluster.take());
    cluster.join(3);
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(3).getFirst();
    assertTrue(stop.reason().startsWith("the run has ended: shut down"));
  }

  // ---- what no worker can cause

  @Test
  void checkpointEventsOutOfPlaceThrowAndQuoteTheState() {
    Cluster cluster = Cluster.training(plan(1, 9, 0));
    IllegalStateException error =
        assertThrows(
            IllegalStateException.class,
            () ->
                cluster.handle(
                    new Event.CheckpointCommitted(
                        new CheckpointAttempt(3, 1),
                        new CommittedCheckpoint(3, Path.of("/x"), "ab", 1, false))));
    assertEquals(
        "a committed checkpoint at step 3 can't be: the run is TRAINING (generation 1, 0 steps"
            + " committed, leased up to 2, ends at 9)",
        error.getMessage());
  }

  private static CommittedCheckpoint checkpoint(Cluster cluster) {
    return cluster.journal.stream()
        .filter(JournalEntry.CheckpointCommitted.class::isInstance)
        .map(entry -> ((JournalEntry.CheckpointCommitted) entry).checkpoint())
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  /** The worker of a session has lost it for what it did, and the run goes on. */
  private static void assertExpelled(Cluster cluster, long session, String why) {
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(session).getLast();
    assertFalse(stop.finished() || stop.rejoin(), stop.reason());
    assertTrue(stop.reason().startsWith("it broke the protocol: " + why), stop.reason());
    assertTrue(cluster.noticed(why), cluster.notices::toString);
    assertFalse(cluster.phase().ended());
  }

  /** The run has failed for this reason and everybody was told so. */
  private static void assertFailed(Cluster cluster, String expectedStart) {
    assertEquals(Phase.FAILED, cluster.phase());
    String reason = cluster.outcome().reason();
    assertTrue(reason.startsWith(expectedStart), reason);
    ToWorker.Stop expected = new ToWorker.Stop(false, reason, false);
    List<Action.Send> sent = cluster.take();
    cluster.eachSession(session ->
        assertTrue(
            sent.contains(new Action.Send(session, expected)) || cluster.closed.contains(session),
            () -> "" + session));
  }
}
