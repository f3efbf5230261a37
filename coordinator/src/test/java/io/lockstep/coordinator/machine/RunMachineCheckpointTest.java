package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedCheckpoint;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How checkpoints are saved, and how a run that is drained ends with one. */
final class RunMachineCheckpointTest {

  @Test
  void checkpointIsAskedForWhenAllHaveAppliedItsLastStep() {
    Cluster cluster = Cluster.training(Plans.plan(2, 4, 1));
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
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 2));
    cluster.step(0);
    cluster.step(1);
    cluster.step(2);
    assertEquals(3, cluster.status().steps());
    cluster.save(2);
    CommittedCheckpoint saved = cluster.checkpoint();
    assertEquals(2, saved.steps());
    assertFalse(saved.last());
    assertEquals(Phase.TRAINING, cluster.phase());
  }

  @Test
  void nextCheckpointWaitsForTheOneBefore() {
    Cluster cluster = Cluster.training(Plans.plan(1, 9, 2));
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
    Cluster cluster = Cluster.training(Plans.plan(1, 2, 1));
    cluster.step(0);
    cluster.step(1);
    cluster.save(1);
    assertEquals(Phase.SAVING, cluster.phase());
    cluster.save(2);
    assertEquals(Phase.FINISHED, cluster.phase());
    assertTrue(cluster.checkpoint().last());
  }

  @Test
  void lastCheckpointFinishesTheRun() {
    Cluster cluster = Cluster.training(Plans.plan(2, 1, 0));
    cluster.step(0);
    cluster.take();
    cluster.save(1);
    assertEquals(Phase.FINISHED, cluster.phase());
    assertEquals(
        List.of(new ToWorker.Stop(true, "all 1 steps are done", false)), cluster.takeFor(1));
    assertTrue(cluster.checkpoint().last());
    assertEquals(1, cluster.outcome().steps());
    cluster.join(3);
    assertEquals(
        List.of(new ToWorker.Stop(true, "the run has ended: all 1 steps are done", false)),
        cluster.takeFor(3));
    assertFalse(cluster.noticed("refused"));
  }

  @Test
  void workerThatWritesTheFileOfAnotherHasToGoAndTheCheckpointIsTakenAgain() {
    Cluster cluster = Cluster.training(Plans.plan(2, 1, 0));
    cluster.step(0);
    List<Event.CheckpointFile> files =
        List.of(new Event.CheckpointFile("model.safetensors", 5, "0".repeat(64)));
    cluster.handle(new Event.PartWritten(1, 1, 1, files));
    cluster.handle(new Event.PartWritten(2, 1, 1, files));
    cluster.assertExpelled(2, "two workers wrote model.safetensors of the checkpoint at step 1");
    cluster.ready(2, 1);
    cluster.handle(new Event.PartWritten(1, 2, 1, files));
    assertTrue(cluster.outcome().finished());
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
  }

  @Test
  void fileOutsideTheCheckpointCostsTheWorkerItsStream() {
    for (String path : List.of("../model.safetensors", "/etc/x", "", "a//b", "manifest.json")) {
      Cluster cluster = Cluster.training(Plans.plan(1, 1, 0));
      cluster.step(0);
      cluster.handle(
          new Event.PartWritten(
              1, 1, 1, List.of(new Event.CheckpointFile(path, 5, "0".repeat(64)))));
      cluster.assertExpelled(1, "a (rank 0) reported the checkpoint file '" + path + "'");
    }
  }

  @Test
  void checkpointThatCannotBeSavedEndsTheRunWithItsProblem() {
    Cluster cluster = Cluster.training(Plans.plan(1, 1, 0)).withoutDisk();
    cluster.step(0);
    cluster.handle(
        new Event.CheckpointFailed(
            new CheckpointAttempt(1, 1), "no room for the checkpoint at step 1"));
    cluster.assertFailed("no room for the checkpoint at step 1");
    assertEquals(List.of(new CheckpointAttempt(1, 1)), cluster.discarded);
  }

  @Test
  void whoeverReportsWhatItDidNotWriteLosesItsPlaceAndTheOthersSaveAgain() {
    Cluster cluster = Cluster.training(Plans.plan(2, 1, 0)).withoutDisk();
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
    Cluster cluster = Cluster.training(Plans.plan(1, 1, 0)).withoutDisk();
    cluster.step(0);
    CheckpointAttempt attempt = new CheckpointAttempt(1, 1);
    cluster.handle(new Event.CheckpointPrepared(attempt, Path.of("/run/.partial")));
    cluster.save(1);
    cluster.handle(new Event.CheckpointFailed(attempt, "part-1 is missing", List.of("part-1")));
    cluster.assertFailed("part-1 is missing");
  }

  // ---- drain

  @Test
  void drainEndsTheRunWithACheckpointAfterTheLeasedSteps() {
    Cluster cluster = Cluster.training(Plans.plan(1, 100, 0));
    cluster.handle(new Event.DrainRequested("ann"));
    assertEquals(2, cluster.machine.endAt());
    cluster.step(0);
    cluster.step(1);
    cluster.save(2);
    assertTrue(cluster.outcome().finished());
    assertEquals("drained by ann after step 2 of 100", cluster.outcome().reason());
    assertTrue(cluster.checkpoint().last());
  }

  @Test
  void drainWhileACheckpointIsAwaitedMakesTheNextOneTheLast() {
    Cluster cluster = Cluster.training(Plans.plan(1, 100, 2));
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
    Cluster cluster = Cluster.training(Plans.plan(1, 2, 0));
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
    Cluster cluster = Cluster.training(Plans.plan(1, 100, 2)).withoutDisk();
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
    Cluster cluster = Cluster.training(Plans.plan(1, 100, 0));
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
    Cluster cluster = new Cluster(Plans.plan(2, 4, 0));
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
}
