package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.data.plan.Shard;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of the membership when workers come, go, and lose each other. */
final class MembershipTest {

  private static Holding holding(int rank, int world, long steps, boolean reducedNext) {
    return new Holding(new Shard(rank, world, true), steps, reducedNext);
  }

  private static Membership.Holder holder(int place, Holding holding) {
    return new Membership.Holder(place, holding);
  }

  private static List<String> names(List<Membership.Participant> members) {
    return members.stream().map(Membership.Participant::name).toList();
  }

  // ---- deaths

  @Test
  void deathFormsTheNextMembershipAtOnce() {
    Cluster cluster = Cluster.training(Plans.plan(3, 9, 0));
    cluster.step(0);
    cluster.reduce(1, 1);
    cluster.handle(new Event.Lost(2, "its connection was closed"));
    assertEquals(Phase.FORMING, cluster.phase());
    Membership next = cluster.membership(3).membership();
    assertEquals(2, next.generation());
    assertEquals(List.of("a", "c"), names(next.members()));
    assertEquals(1, next.nextStep());
    assertEquals(
        List.of(holder(0, holding(0, 3, 1, false)), holder(1, holding(2, 3, 1, false))),
        next.holders());
    assertEquals(0, next.lastCommit().orElseThrow().step());
    assertTrue(
        cluster.noticed(
            "worker b (rank 1) was lost in generation 1 at step 1: its connection was closed; it last did: applied step 0"),
        cluster.notices::toString);
  }

  @Test
  void workersThatHaveYetToApplyACommittedStepCount() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.reduce(1, 0);
    cluster.reduce(2, 0);
    cluster.handle(new Event.Lost(2, "killed"));
    List<ToWorker> told = cluster.takeFor(1);
    assertTrue(told.getFirst() instanceof ToWorker.Commit, told::toString);
    Membership next = ((ToWorker.NewMembership) told.getLast()).membership();
    assertEquals(1, next.nextStep());
    assertEquals(List.of(holder(0, holding(0, 2, 0, true))), next.holders());
  }

  @Test
  void silentWorkerIsLostAndToldThatItMayComeBack() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.pass(20_000, 1, 2);
    assertEquals(Phase.TRAINING, cluster.phase());
    cluster.pass(20_100, 1);
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(2).getLast();
    assertTrue(stop.rejoin());
    assertTrue(stop.reason().startsWith("nothing was heard of it for"), stop.reason());
    assertEquals(2, cluster.status().generation());
    cluster.handle(new Event.Ready(2, 1));
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void pauseOfTheCoordinatorIsNotHeldAgainstWorkers() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.pass(1000, 1, 2);
    cluster.now += 60_000;
    cluster.handle(new Event.Tick());
    assertEquals(1, cluster.status().generation());
    cluster.pass(20_100, 1);
    assertEquals(2, cluster.status().generation());
  }

  @Test
  void workersThatHearNothingElseGetAPulse() {
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 0));
    cluster.pass(10_000, 1);
    assertEquals(List.of(), cluster.takeFor(1));
    cluster.pass(200, 1);
    assertEquals(List.of(new ToWorker.Pulse()), cluster.takeFor(1));
    cluster.pass(9_900, 1);
    assertEquals(List.of(), cluster.takeFor(1));
  }

  @Test
  void runWaitsWithTooFewWorkersAndGoesOnWithAnother() {
    Cluster cluster = Cluster.training(Plans.withLimits(Plans.plan(2, 9, 0), 2, 4));
    cluster.step(0);
    cluster.handle(new Event.Lost(2, "killed"));
    assertEquals(Phase.WAITING, cluster.phase());
    String waiting = "waiting for workers: 1 of at least 2 are there, the run stands at step 1";
    assertEquals(waiting, cluster.status().detail());
    assertTrue(cluster.noticed(waiting), cluster.notices::toString);
    cluster.take();
    cluster.join(3);
    Membership next = cluster.membership(3).membership();
    assertEquals(List.of("a", "c"), names(next.members()));
    assertEquals(List.of(holder(0, holding(0, 2, 1, false))), next.holders());
  }

  @Test
  void graceWaitsForAReplacement() {
    Cluster cluster = Cluster.training(Plans.withGrace(Plans.plan(2, 9, 0), 3000));
    cluster.step(0);
    cluster.handle(new Event.Lost(2, "killed"));
    assertEquals(Phase.WAITING, cluster.phase());
    assertEquals("waiting for a replacement of b, at most 3000 ms more", cluster.status().detail());
    cluster.pass(1000, 1);
    cluster.join(3);
    assertEquals(List.of("a", "c"), names(cluster.membership(1).membership().members()));
  }

  @Test
  void graceEnds() {
    Cluster cluster = Cluster.training(Plans.withGrace(Plans.plan(2, 9, 0), 3000));
    cluster.step(0);
    cluster.handle(new Event.Lost(2, "killed"));
    cluster.pass(2900, 1);
    assertEquals(Phase.WAITING, cluster.phase());
    cluster.pass(100, 1);
    assertEquals(List.of("a"), names(cluster.membership(1).membership().members()));
  }

  // ---- going back

  @Test
  void stateThatNobodyHoldsIsComputedAgainFromTheCheckpoint() {
    Cluster cluster = trainedTo3WithCheckpointAt2();
    cluster.handle(new Event.Lost(2, "killed"));
    Membership next = cluster.membership(1).membership();
    assertEquals(2, next.nextStep());
    assertEquals(Optional.of(Path.of("/run/checkpoints/step-00000002")), next.checkpoint());
    assertEquals(List.of(), next.holders());
    assertEquals(Optional.empty(), next.lastCommit());
    assertTrue(
        cluster.noticed(
            "(lost: b): 1 committed steps, 2 to 2, are computed again from /run/checkpoints/step-00000002"),
        cluster.notices::toString);
    assertTrue(
        cluster.journal.stream()
            .anyMatch(entry ->
                entry instanceof JournalEntry.Rewound rewound
                    && rewound.fromSteps() == 3
                    && rewound.toSteps() == 2));
    cluster.ready(2, 1, 3);
    cluster.step(2, 2, 1, 3);
    assertEquals(3, cluster.status().steps());
  }

  @Test
  void stepComputedAgainWithOtherBitsEndsTheRun() {
    Cluster cluster = trainedTo3WithCheckpointAt2();
    cluster.handle(new Event.Lost(2, "killed"));
    cluster.ready(2, 1, 3);
    cluster.handle(Reports.share(3, 2, 2, 1, 2));
    Event.Reduced sound = Reports.share(1, 2, 2, 0, 2);
    List<Event.BucketResult> altered =
        sound.buckets().stream()
            .map(result ->
                new Event.BucketResult(result.bucket(), result.squareSum(), result.crc32c() ^ 1))
            .toList();
    cluster.handle(new Event.Reduced(1, 2, 2, sound.virtualRanks(), altered));
    assertEquals(Phase.FAILED, cluster.phase());
    String reason = cluster.outcome().reason();
    assertTrue(reason.startsWith("step 2 was computed again and its gradient differs"), reason);
  }

  private static Cluster trainedTo3WithCheckpointAt2() {
    Cluster cluster = Cluster.training(Plans.withoutReplicas(Plans.plan(3, 9, 2)));
    cluster.step(0);
    cluster.step(1);
    cluster.save(2);
    cluster.step(2);
    return cluster;
  }

  @Test
  void theRunWaitsWheneverStateIsMissingAndTheDiskHasNotAnswered() {
    Cluster cluster = trainedTo3WithCheckpointAt2().withoutDisk();
    cluster.handle(new Event.Lost(2, "its connection was closed"));
    assertEquals(Phase.WAITING, cluster.phase());
    cluster.joinAgain(4, "b", new Holding(new Shard(1, 3, false), 3, false));
    cluster.ready(2, 1, 3, 4);
    assertEquals(Phase.TRAINING, cluster.phase());
    cluster.handle(new Event.Lost(4, "killed"));
    assertEquals(Phase.WAITING, cluster.phase());
    assertEquals("some of the state is lost: looking for a checkpoint", cluster.status().detail());
  }

  @Test
  void withoutAnyCheckpointTheRunBeginsAgain() {
    Cluster cluster = Cluster.training(Plans.withoutReplicas(Plans.plan(2, 9, 0)));
    cluster.step(0);
    cluster.handle(new Event.Lost(2, "killed"));
    Membership next = cluster.membership(1).membership();
    assertEquals(0, next.nextStep());
    assertEquals(Optional.empty(), next.checkpoint());
    assertTrue(
        cluster.noticed("1 committed steps, 0 to 0, are computed again from the base model"),
        cluster.notices::toString);
  }

  @Test
  void membershipThatBreaksWhileItFormsLosesNothing() {
    Cluster cluster = Cluster.training(Plans.withLimits(Plans.plan(2, 9, 0), 1, 3));
    cluster.step(0);
    cluster.join(3);
    cluster.reduceAll(1, 1, 1, 2);
    // Generation 2 has three members; a and c are ready when b dies.
    cluster.ready(2, 1, 3);
    cluster.handle(new Event.Lost(2, "killed"));
    Membership next = cluster.membership(1).membership();
    assertEquals(3, next.generation());
    assertEquals(
        List.of(holder(0, holding(0, 2, 1, true)), holder(1, holding(2, 3, 2, false))),
        next.holders());
  }

  // ---- joining and leaving

  @Test
  void workerThatJoinsIsTakenInRightAfterTheCommit() {
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 0));
    cluster.join(2);
    assertEquals(Phase.TRAINING, cluster.phase());
    assertEquals(-1, cluster.status().workers().getLast().rank());
    cluster.take();
    cluster.reduce(1, 0);
    List<ToWorker> told = cluster.takeFor(1);
    assertTrue(told.get(0) instanceof ToWorker.Commit, told::toString);
    ToWorker.NewMembership next = (ToWorker.NewMembership) told.get(1);
    assertEquals(List.of("a", "b"), names(next.membership().members()));
    assertEquals(2, told.size());
  }

  @Test
  void workerBeyondTheMostWaitsAsASpareAndReplacesTheNextThatIsLost() {
    Cluster cluster = Cluster.training(Plans.withLimits(Plans.plan(2, 9, 0), 1, 2));
    cluster.join(3);
    cluster.step(0);
    assertEquals(1, cluster.status().generation());
    assertEquals(-1, cluster.status().workers().getLast().rank());
    cluster.take();
    cluster.handle(new Event.Lost(1, "killed"));
    assertEquals(List.of("b", "c"), names(cluster.membership(3).membership().members()));
  }

  @Test
  void workerThatLeavesHandsOverFirst() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.handle(new Event.Leaving(2, "SIGTERM"));
    cluster.reduce(1, 0);
    assertEquals(1, cluster.status().generation());
    cluster.take();
    cluster.reduce(2, 0);
    ToWorker.NewMembership told = cluster.membership(2);
    assertEquals(List.of("a"), names(told.membership().members()));
    assertEquals(List.of("b"), names(told.membership().departing()));
    assertEquals(1, told.rank());
    cluster.ready(2, 1);
    assertEquals(Phase.FORMING, cluster.phase());
    cluster.ready(2, 2);
    assertEquals(Phase.TRAINING, cluster.phase());
    assertEquals(
        List.of(new ToWorker.Stop(true, "left the run after step 1", false)), cluster.takeFor(2));
  }

  @Test
  void lastOneThatLeavesSavesTheStateFirst() {
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 0));
    cluster.step(0);
    cluster.handle(new Event.Leaving(1, "SIGTERM"));
    for (long step = 1; step < 4; step++) {
      cluster.step(step);
    }
    assertEquals("saving the checkpoint at step 4", cluster.status().detail());
    cluster.take();
    cluster.save(4);
    assertEquals(
        List.of(new ToWorker.Stop(true, "left the run after step 4", false)), cluster.takeFor(1));
    assertEquals(Phase.WAITING, cluster.phase());
    cluster.join(2);
    Membership next = cluster.membership(2).membership();
    assertEquals(4, next.nextStep());
    assertEquals(Optional.of(Path.of("/run/checkpoints/step-00000004")), next.checkpoint());
    assertFalse(cluster.journal.stream().anyMatch(JournalEntry.Rewound.class::isInstance));
  }

  @Test
  void leavingWorkerThatDiesWhileHandingOverIsDoneWithout() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.handle(new Event.Leaving(2, "SIGTERM"));
    cluster.reduceAll(1, 0, 1, 2);
    cluster.take();
    cluster.handle(new Event.Lost(2, "killed"));
    Membership next = cluster.membership(1).membership();
    assertEquals(3, next.generation());
    assertEquals(List.of(), next.departing());
    assertEquals(1, next.nextStep());
  }

  // ---- streams

  @Test
  void sameProcessOnAnotherStreamReplacesTheOldOne() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.step(0);
    cluster.take();
    cluster.handle(
        new Event.Joined(
            9, "b", "127.0.0.1:1002", "test", "first", List.of(holding(1, 2, 1, false)), false));
    assertEquals(List.of(2L), cluster.closed);
    Membership next = cluster.membership(9).membership();
    assertEquals(2, next.generation());
    assertEquals(
        List.of(holder(0, holding(0, 2, 1, false)), holder(1, holding(1, 2, 1, false))),
        next.holders());
    cluster.handle(new Event.Lost(2, "its connection was closed"));
    assertEquals(2, cluster.status().generation());
  }

  @Test
  void staleStateIsVoid() {
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 0));
    cluster.step(0);
    cluster.step(1);
    cluster.joinAgain(2, "b", holding(1, 2, 1, false));
    cluster.reduce(1, 2);
    Membership next = cluster.membership(2).membership();
    assertEquals(List.of(holder(0, holding(0, 1, 2, true))), next.holders());
  }

  // ---- broken connections

  @Test
  void deathExplainsBrokenConnections() {
    Cluster cluster = Cluster.training(Plans.plan(3, 9, 0));
    cluster.handle(new Event.Broken(1, 1, 2, "reset by peer"));
    assertEquals(Phase.TRAINING, cluster.phase());
    cluster.handle(new Event.Lost(3, "killed"));
    assertEquals(List.of("a", "b"), names(cluster.membership(1).membership().members()));
  }

  @Test
  void withoutADeathTheSameMembersConnectAgain() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    cluster.handle(new Event.Broken(1, 1, 1, "reset by peer"));
    cluster.pass(4_900, 1, 2);
    assertEquals(1, cluster.status().generation());
    cluster.pass(100, 1, 2);
    assertEquals(List.of("a", "b"), names(cluster.membership(1).membership().members()));
    assertTrue(
        cluster.noticed("connections broke: a (rank 0) reported: reset by peer"),
        cluster.notices::toString);
  }

  @Test
  void oneOfAPairThatNeverStaysConnectedHasToGo() {
    Cluster cluster = Cluster.training(Plans.plan(3, 9, 0));
    cluster.step(0);
    for (long generation = 1; generation <= BrokenLinks.MAX_BREAKS; generation++) {
      assertEquals(generation, cluster.status().generation());
      assertEquals(3, cluster.status().workers().size());
      cluster.take();
      cluster.handle(new Event.Broken(1, generation, 1, "reset"));
      cluster.handle(new Event.Broken(2, generation, 0, "reset"));
      cluster.handle(new Event.Broken(3, generation, 0, "reset"));
    }
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(1).getFirst();
    assertFalse(stop.rejoin());
    assertTrue(stop.reason().startsWith("its connections to others broke"), stop.reason());
    assertEquals(2, cluster.status().workers().size());
    assertEquals(4, cluster.status().generation());
  }

  /** One worker trains; b comes, is taken in, and says that it has come. */
  private static Cluster withANewcomer() {
    Cluster cluster = Cluster.training(Plans.plan(1, 99, 0));
    cluster.join(2);
    cluster.step(0);
    cluster.take();
    assertEquals(2, cluster.status().generation());
    return cluster;
  }

  private static Event.Heartbeat misses(long session, long generation, int rank) {
    return new Event.Heartbeat(
        session,
        generation,
        "connecting",
        Optional.of(new Event.Standing(false, "", 0, List.of(rank), Optional.empty())));
  }

  @Test
  void newcomerThatNobodyGetsAConnectionWithHasToGoWithinSeconds() {
    Cluster cluster = withANewcomer();
    cluster.handle(new Event.Heartbeat(2, 2, "connecting"));
    long begun = cluster.now;
    while (cluster.status().workers().size() == 2) {
      cluster.handle(misses(1, 2, 1));
      cluster.pass(100, 2);
    }
    assertTrue(cluster.now - begun <= Stragglers.CONNECT_MILLIS + 200);
    assertTrue(
        cluster.noticed("1 of the others got no connection with it at 127.0.0.1:1002"),
        cluster.notices::toString);
    cluster.ready(3, 1);
    assertEquals(Phase.TRAINING, cluster.phase());
  }

  @Test
  void whoHeldTheOthersUpIsNotTakenBackForTwiceAsLongEachTime() {
    Cluster cluster = withANewcomer();
    for (long exile : new long[] {10_000, 20_000, 40_000}) {
      long before = cluster.status().generation();
      cluster.take();
      cluster.pass(11_000, 1, 2);
      ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(2).getLast();
      assertTrue(stop.rejoin());
      assertEquals(exile, stop.rejoinAfterMillis());
      cluster.ready(before + 1, 1);
      cluster.join(2);
      assertEquals(1, cluster.status().workers().size());
      cluster.pass(exile, 1);
      cluster.join(2);
      assertEquals(2, cluster.status().workers().size());
      cluster.step(before + 1, cluster.status().steps(), 1);
      assertEquals(before + 2, cluster.status().generation());
    }
  }

  @Test
  void committedStepProvesThatConnectionsHold() {
    Cluster cluster = Cluster.training(Plans.plan(2, 99, 0));
    for (long generation = 1; generation <= 2 * BrokenLinks.MAX_BREAKS; generation++) {
      cluster.step(generation, generation - 1, 1, 2);
      cluster.handle(new Event.Broken(1, generation, 1, "reset"));
      cluster.handle(new Event.Broken(2, generation, 0, "reset"));
      cluster.ready(generation + 1, 1, 2);
    }
    assertEquals(2, cluster.status().workers().size());
  }

  @Test
  void stallIsToldOnceWithNames() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
    for (int i = 0; i < 2; i++) {
      cluster.handle(
          new Event.Stalled(2, 1, 0, "reduce of step 12, 3 of 8 MiB, nothing for 2.0 s"));
    }
    List<String> stalls =
        cluster.notices.stream().filter(notice -> notice.contains(" waits for ")).toList();
    assertEquals(
        List.of(
            "b (rank 1) waits for a (rank 0): reduce of step 12, 3 of 8 MiB, nothing for 2.0 s"),
        stalls);
  }

  // ---- checkpoints

  @Test
  void checkpointWhoseWriterDiesIsTakenAgain() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 1));
    cluster.step(0);
    cluster.handle(new Event.PartWritten(1, 1, 1, List.of(file("part-1"))));
    cluster.take();
    cluster.handle(new Event.Lost(2, "killed"));
    assertTrue(cluster.noticed("the checkpoint at step 1 is given up"), cluster.notices::toString);
    assertEquals(List.of(), cluster.discarded);
    cluster.take();
    cluster.ready(2, 1);
    assertEquals(
        new ToWorker.SaveCheckpoint(2, 1, Path.of("/run/.partial")), cluster.takeFor(1).getFirst());
    cluster.handle(new Event.PartWritten(1, 2, 1, List.of(file("part-1"))));
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
    assertEquals(1, cluster.savedSteps());
  }

  @Test
  void partsCountWhateverBecomesOfTheMembership() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 1));
    cluster.step(0);
    cluster.handle(new Event.PartWritten(2, 1, 1, List.of(file("part-2"))));
    cluster.handle(new Event.Lost(2, "killed"));
    cluster.handle(new Event.PartWritten(1, 1, 1, List.of(file("part-1"))));
    assertEquals(1, cluster.savedSteps());
  }

  private static Event.CheckpointFile file(String path) {
    return new Event.CheckpointFile(path, 5, "0".repeat(64));
  }

  // ---- restarts of the coordinator

  @Test
  void restartedCoordinatorWaitsForTheWorkersOfBefore() {
    Cluster before = Cluster.training(Plans.plan(2, 9, 0));
    before.step(0);
    before.reduceAll(1, 1, 1, 2);
    Cluster after = new Cluster(Plans.plan(2, 9, 0), before.history());
    after.handle(new Event.Tick());
    after.joinAgain(1, "a", holding(0, 2, 1, true));
    assertEquals(Phase.WAITING, after.phase());
    assertEquals("waiting for b, at most 10000 ms more", after.status().detail());
    after.take();
    after.joinAgain(2, "b", holding(1, 2, 2, false));
    Membership next = after.membership(1).membership();
    assertEquals(2, next.generation());
    assertEquals(2, next.nextStep());
    assertEquals(
        List.of(holder(0, holding(0, 2, 1, true)), holder(1, holding(1, 2, 2, false))),
        next.holders());
    assertEquals(1, next.lastCommit().orElseThrow().step());
  }

  @Test
  void restartedCoordinatorGoesOnWithoutThoseThatStayAway() {
    Cluster before = Cluster.training(Plans.plan(2, 9, 0));
    before.step(0);
    Cluster after = new Cluster(Plans.plan(2, 9, 0), before.history());
    after.handle(new Event.Tick());
    after.joinAgain(1, "a", holding(0, 2, 1, false));
    after.pass(9_900, 1);
    assertEquals(Phase.WAITING, after.phase());
    after.pass(100, 1);
    assertEquals(List.of("a"), names(after.membership(1).membership().members()));
  }

  @Test
  void coordinatorThatDiedBeforeItsLastWordFinishesTheRun() {
    Cluster before = Cluster.training(Plans.plan(1, 1, 0));
    before.step(0);
    before.save(1);
    RunHistory history = new RunHistory();
    before.journal.stream()
        .filter(entry -> !(entry instanceof JournalEntry.RunEnded))
        .forEach(history::add);
    Cluster after = new Cluster(Plans.plan(1, 1, 0), history);
    after.handle(new Event.Tick());
    assertEquals(Phase.WAITING, after.phase());
    after.joinAgain(1, "a", holding(0, 1, 1, false));
    assertEquals(Phase.FINISHED, after.phase());
    assertEquals(
        new ToWorker.Stop(true, "all 1 steps are done", false), after.takeFor(1).getLast());
  }
}
