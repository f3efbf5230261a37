package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CheckpointSchedule;
import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.EarlyStopping;
import io.lockstep.coordinator.EvaluationMetric;
import io.lockstep.coordinator.EvaluationPlan;
import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.StepInterval;
import io.lockstep.coordinator.machine.Event.RecordResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a run is evaluated on held-out records, and what that decides. */
final class RunMachineEvaluationTest {

  private static final RecordResult FIRST = new RecordResult(1.5, 3, 1);
  private static final RecordResult UNUSABLE = new RecordResult(0, 0, 0);
  private static final RecordResult LAST = new RecordResult(2.5, 5, 4);

  private static RunPlan plan(int workers, long every, CheckpointSchedule checkpoints) {
    return plan(workers, every, checkpoints, Optional.empty());
  }

  private static RunPlan plan(
      int workers, long every, CheckpointSchedule checkpoints, Optional<EarlyStopping> stopping) {
    return Plans.plan(workers, 9, 0).toBuilder()
        .checkpoints(checkpoints)
        .evaluations(
            new EvaluationPlan(3, new StepInterval(every, 0), EvaluationMetric.LOSS, stopping))
        .build();
  }

  private static Event.Evaluated share(
      long session, long generation, long steps, int first, RecordResult... results) {
    return new Event.Evaluated(session, generation, steps, first, List.of(results));
  }

  private static List<CommittedEvaluation> journaled(Cluster cluster) {
    return cluster.history().evaluations();
  }

  /** The only worker finds this mean loss. */
  private static void evaluate(Cluster cluster, long steps, double loss) {
    cluster.handle(share(1, 1, steps, 0, new RecordResult(loss, 1, 0), UNUSABLE, UNUSABLE));
  }

  @Test
  void evaluationComesBetweenLeasesAndBeforeTheCheckpointOfTheSameStep() {
    Cluster cluster = Cluster.training(plan(2, 1, CheckpointSchedule.every(1)));
    cluster.step(0);
    List<ToWorker> told = cluster.takeFor(1);
    assertEquals(new ToWorker.Evaluate(1, 1), told.getLast());
    assertEquals(1, told.stream().filter(ToWorker.Evaluate.class::isInstance).count());
    cluster.handle(share(2, 1, 1, 1, UNUSABLE, LAST));
    assertEquals(List.of(), cluster.take());
    cluster.handle(share(1, 1, 1, 0, FIRST));
    CommittedEvaluation expected = new CommittedEvaluation(1, 1, 2, 8, 4.0, 5);
    assertEquals(List.of(expected), journaled(cluster));
    assertEquals(
        List.of(
            new ToWorker.Evaluation(expected),
            new ToWorker.SaveCheckpoint(1, 1, Path.of("/run/.partial")),
            new ToWorker.Lease(1, 1, 1)),
        cluster.takeFor(2));
    assertTrue(
        cluster.noticed("evaluation after step 1: eval_loss 0.5000, eval_token_acc 0.6250 on 2"),
        cluster.notices::toString);
  }

  @Test
  void sumsAreMadeInTheOrderOfRecordsWhoeverReportsFirst() {
    RecordResult large = new RecordResult(1e16, 1, 0);
    RecordResult small = new RecordResult(1, 1, 0);
    Cluster cluster = Cluster.training(plan(2, 1, CheckpointSchedule.every(0)));
    cluster.step(0);
    cluster.handle(share(2, 1, 1, 1, small, small));
    cluster.handle(share(1, 1, 1, 0, large));
    assertEquals((1e16 + 1) + 1, journaled(cluster).getFirst().lossSum());
  }

  @Test
  void evaluationOfALostWorkerIsMadeAgainInTheNextGeneration() {
    Cluster cluster = Cluster.training(plan(2, 1, CheckpointSchedule.every(0)));
    cluster.step(0);
    cluster.handle(share(2, 1, 1, 1, UNUSABLE, LAST));
    cluster.handle(new Event.Lost(1, "gone"));
    cluster.ready(2, 2);
    assertEquals(new ToWorker.Evaluate(2, 1), cluster.takeFor(2).getLast());
    cluster.handle(share(2, 1, 1, 1, UNUSABLE, LAST));
    assertEquals(List.of(), journaled(cluster), "a share of an older generation is void");
    cluster.handle(share(2, 2, 1, 0, FIRST, UNUSABLE, LAST));
    assertEquals(4.0, journaled(cluster).getFirst().lossSum());
  }

  @Test
  void coordinatorThatIsStartedAgainDoesNotEvaluateAgain() {
    RunPlan plan = plan(1, 1, CheckpointSchedule.every(0));
    Cluster before = Cluster.training(plan);
    before.step(0);
    evaluate(before, 1, 0.5);
    Cluster cluster = new Cluster(plan, before.history());
    cluster.joinAgain(1, "a", new Holding(new io.lockstep.data.plan.Shard(0, 1, true), 1, false));
    ToWorker.NewMembership formed = cluster.membership(1);
    assertEquals(0.5, formed.membership().lastEvaluation().orElseThrow().loss());
    cluster.ready(2, 1);
    assertEquals(List.of(new ToWorker.Lease(2, 1, 1)), cluster.takeFor(1));
  }

  @Test
  void shareThatCannotBeCostsTheWorkerItsPlace() {
    for (Event.Evaluated wrong :
        List.of(
            share(1, 1, 1, 2, FIRST, LAST),
            share(1, 1, 1, -1, FIRST),
            share(1, 1, 1, 0, new RecordResult(1, 2, 3)),
            share(1, 1, 2, 0, FIRST))) {
      Cluster cluster = Cluster.training(plan(2, 1, CheckpointSchedule.every(0)));
      cluster.step(0);
      cluster.handle(wrong);
      cluster.assertExpelled(1, "a (rank 0) ");
    }
  }

  @Test
  void recordThatNobodyEvaluatedEndsTheRun() {
    Cluster cluster = Cluster.training(plan(1, 1, CheckpointSchedule.every(0)));
    cluster.step(0);
    cluster.handle(share(1, 1, 1, 0, FIRST, LAST));
    cluster.assertFailed("no worker evaluated held-out record 2 at step 1");
  }

  @Test
  void workerThatDoesNotEvaluateIsEvictedInTheEnd() {
    Cluster cluster = Cluster.training(plan(2, 1, CheckpointSchedule.every(0)));
    cluster.step(0);
    cluster.handle(share(1, 1, 1, 0, FIRST));
    assertTrue(
        cluster.machine.awaited().getFirst().what().contains("evaluation after step 1 from b"),
        cluster.machine.awaited()::toString);
    cluster.pass(Deadlines.STEP_MILLIS + 1000, 1, 2);
    assertTrue(
        cluster.noticed("waited in vain for the evaluation after step 1 from b"),
        cluster.notices::toString);
  }

  @Test
  void newcomerWaitsForTheEvaluationUnderWay() {
    Cluster cluster = Cluster.training(plan(1, 1, CheckpointSchedule.every(0)));
    cluster.step(0);
    cluster.join(2);
    assertFalse(cluster.noticed("generation 1 ended"));
    evaluate(cluster, 1, 0.5);
    assertTrue(cluster.noticed("a worker joins"), cluster.notices::toString);
    assertEquals(1, journaled(cluster).size());
  }

  @Test
  void onlyWhatIsBetterIsSavedAndTheEndAndTrainingWaitsForIt() {
    Cluster cluster = Cluster.training(plan(1, 2, CheckpointSchedule.whenBetter(0, Retention.ALL)));
    cluster.step(0);
    cluster.step(1);
    evaluate(cluster, 2, 0.5);
    assertEquals(Phase.SAVING, cluster.phase());
    assertEquals("saving the checkpoint at step 2, the best so far", cluster.status().detail());
    cluster.save(2);
    assertEquals(Phase.TRAINING, cluster.phase());
    cluster.step(2);
    cluster.step(3);
    evaluate(cluster, 4, 0.5);
    cluster.step(4);
    cluster.step(5);
    evaluate(cluster, 6, 0.25);
    cluster.save(6);
    cluster.step(6);
    cluster.step(7);
    evaluate(cluster, 8, Double.NaN);
    cluster.step(8);
    evaluate(cluster, 9, 7);
    cluster.save(9);
    assertEquals("all 9 steps are done", cluster.outcome().reason());
    assertEquals(
        List.of(2L, 6L, 9L),
        cluster.history().checkpoints().stream().map(each -> each.steps()).toList());
  }

  @Test
  void bestCheckpointWhoseWriterIsLostIsTakenAgainAtTheSameStep() {
    Cluster cluster = Cluster.training(plan(2, 1, CheckpointSchedule.whenBetter(0, Retention.ALL)));
    cluster.step(0);
    cluster.handle(share(1, 1, 1, 0, FIRST, UNUSABLE, LAST));
    cluster.handle(share(2, 1, 1, 3));
    cluster.handle(new Event.Lost(2, "gone"));
    cluster.take();
    cluster.ready(2, 1);
    assertEquals(
        List.of(new ToWorker.SaveCheckpoint(2, 1, Path.of("/run/.partial"))), cluster.takeFor(1));
  }

  @Test
  void evaluationsBeforeTheDelayAreNotComparedForSaving() {
    Cluster cluster = Cluster.training(plan(1, 1, CheckpointSchedule.whenBetter(2, Retention.ALL)));
    cluster.step(0);
    evaluate(cluster, 1, 0.1);
    cluster.step(1);
    evaluate(cluster, 2, 0.4);
    cluster.save(2);
    assertEquals(2, cluster.savedSteps());
  }

  @Test
  void runEndsSavedAfterAsManyEvaluationsInARowThatAreNotBetter() {
    Cluster cluster =
        Cluster.training(
            plan(1, 1, CheckpointSchedule.every(0), Optional.of(new EarlyStopping(2, 0.1))));
    double[] losses = {0.9, 0.5, 0.45, 0.4};
    for (int step = 0; step < losses.length; step++) {
      cluster.step(step);
      evaluate(cluster, step + 1, losses[step]);
    }
    assertEquals(4, cluster.machine.endAt());
    cluster.save(4);
    assertEquals(Phase.FINISHED, cluster.phase());
    assertTrue(cluster.outcome().finished());
    assertEquals(
        "stopped early after step 4 of 9: eval_loss is not better in 2 evaluations in a row; the best is 0.4000 after step 4",
        cluster.outcome().reason());
    assertTrue(cluster.checkpoint().last());
  }

  @Test
  void drainedRunIsNotEvaluatedWhereItEnds() {
    Cluster cluster = Cluster.training(plan(1, 5, CheckpointSchedule.every(0)));
    cluster.handle(new Event.DrainRequested("ann"));
    cluster.step(0);
    cluster.step(1);
    cluster.save(2);
    assertEquals("drained by ann after step 2 of 9", cluster.outcome().reason());
    assertEquals(List.of(), journaled(cluster));
  }
}
