package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CollectiveRules;
import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class RunMachineTest {

  // ---- joining

  @Test
  void waitsUntilEverybodyHasJoined() {
    Cluster cluster = new Cluster(Plans.plan(2, 4, 0));
    cluster.join(1);
    assertEquals(Phase.WAITING, cluster.phase());
    assertEquals("waiting for workers: 1 of 2 have joined", cluster.status().detail());
    assertEquals(List.of(new ToWorker.Welcome("run: test\n", 500, 60_000)), cluster.takeFor(1));
    cluster.join(2);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void noMembershipWaitsForAWorkerThatLoads() {
    Cluster cluster = new Cluster(Plans.plan(2, 4, 0));
    cluster.join(1);
    cluster.handle(new Event.Joined(2, "b", "127.0.0.1:1002", "test", "first", List.of(), true));
    assertEquals("waiting for workers: 1 of 2 have joined", cluster.status().detail());
    cluster.handle(new Event.Ready(2, 0));
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void ranksFollowNamesNotTheOrderOfJoining() {
    Cluster cluster = new Cluster(Plans.plan(2, 4, 0));
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
        new Membership(
            1,
            members,
            List.of(),
            0,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            new TransportChoice(
                CollectiveRules.Transport.TCP,
                "a can't use NCCL: it does not say that it has NCCL"));
    assertEquals(
        List.of(new ToWorker.NewMembership(first, 0), new ToWorker.NewMembership(first, 1)),
        memberships);
  }

  @Test
  void secondWorkerOfTheSameNameIsRefused() {
    Cluster cluster = new Cluster(Plans.plan(2, 4, 0));
    cluster.join(1);
    cluster.handle(Cluster.joining(7, "a", "second"));
    ToWorker.Stop stop = (ToWorker.Stop) cluster.takeFor(7).getFirst();
    assertEquals(
        "a worker named a is in the run already: give this one another --name", stop.reason());
    assertEquals(Phase.WAITING, cluster.phase());
  }

  @Test
  void workerMayLeaveWhileOthersAreAwaited() {
    Cluster cluster = new Cluster(Plans.plan(2, 4, 0));
    cluster.join(1);
    cluster.handle(new Event.Lost(1, "it ended its stream"));
    assertEquals("waiting for workers: 0 of 2 have joined", cluster.status().detail());
    cluster.join(1);
    cluster.join(2);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void leaseComesWhenTheLastIsReady() {
    Cluster cluster = Cluster.joined(Plans.plan(2, 4, 0));
    cluster.handle(new Event.Ready(1, 1));
    assertEquals(Phase.FORMING, cluster.phase());
    assertEquals("waiting for b (rank 1) to connect and load", cluster.status().detail());
    cluster.take();
    cluster.handle(new Event.Ready(2, 1));
    assertEquals(Phase.TRAINING, cluster.phase());
    assertEquals(List.of(new ToWorker.Lease(1, 0, 2)), cluster.takeFor(1));
  }

  // ---- failures

  @Test
  void runGoesOnWithoutAWorkerThatFailsAndEndsWithTheLast() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
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
    Cluster cluster = new Cluster(Plans.plan(1, 9, 0));
    cluster.handle(new Event.Joined(1, "a", "127.0.0.1:1001", "test", "first", List.of(), true));
    cluster.handle(new Event.Failed(1, "no model"));
    assertTrue(cluster.noticed("worker a can't take part: no model"), cluster.notices::toString);
    cluster.join(2);
    assertEquals(Phase.FORMING, cluster.phase());
  }

  @Test
  void spareWorkerMayFailWithoutHarm() {
    Cluster cluster = Cluster.training(Plans.withLimits(Plans.plan(2, 9, 0), 1, 2));
    cluster.join(3);
    cluster.handle(new Event.Failed(3, "no base model on this machine"));
    assertEquals(Phase.TRAINING, cluster.phase());
    assertTrue(
        cluster.noticed("worker c can't take part: no base model"), cluster.notices::toString);
  }

  @Test
  void failureEndsTheRunAndTheUnfinishedFolderIsRemoved() {
    Cluster cluster = Cluster.training(Plans.plan(1, 1, 0));
    cluster.step(0);
    cluster.handle(new Event.Failed(1, "out of memory"));
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
    assertEquals(Phase.FAILED, cluster.phase());
  }

  @Test
  void nothingHappensAfterTheEnd() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 0));
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
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 0));
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
}
