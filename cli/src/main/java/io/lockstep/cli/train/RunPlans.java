package io.lockstep.cli.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.cli.run.BestCheckpoint;
import io.lockstep.coordinator.CheckpointSchedule;
import io.lockstep.coordinator.CollectiveRules;
import io.lockstep.coordinator.EarlyStopping;
import io.lockstep.coordinator.EvaluationPlan;
import io.lockstep.coordinator.MembershipRules;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.StepInterval;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.config.ClusterConfig;
import io.lockstep.worker.config.EvaluationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunRecords;
import io.lockstep.worker.config.SavingConfig;
import io.lockstep.worker.config.TrainingConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Makes the coordinator's plan of a recipe. */
public final class RunPlans {

  /** A checkpoint holds two moments of each value that is trained. */
  private static final long MOMENTS = 2;

  /** Tokenizer, configuration, journal and metrics. */
  private static final long MARGIN_BYTES = 4L << 20;

  private static final double MEBIBYTE = 1 << 20;

  private static final String ONE_NODE =
      "the run's augmentation copies patches of other pictures by way of a folder that its workers"
          + " share: start all of them on one node, or set source_mode: self in the augmentation";

  private RunPlans() {}

  /** The plan of a recipe's run in folder {@code out}. */
  public static RunPlan of(RunConfig run, int workers, Path out) throws IOException {
    RunRecords records = RunRecords.read(run);
    TrainingConfig training = run.training();
    boolean oneNode =
        run.custom().activeAugmentation().filter(AugmentationConfig::needsPatchBank).isPresent();
    return RunPlan.builder(run.name(), run.toYaml(), out)
        .workers(workers)
        .virtualRanks(run.batches().virtualRanks())
        .totalSteps(training.totalSteps(records.epoch()))
        .checkpoints(checkpoints(run, records.epoch()))
        .evaluations(evaluations(run, records.epoch()))
        .membership(membership(run.cluster()))
        .minFreeBytes(checkpointBytes(TuningPlan.of(run)))
        .maxNonFinite(training.maxNonfiniteSteps())
        .maxUnreadable(run.data().maxUnreadable(records.count()))
        .collective(collective(run.cluster()))
        .oneNode(oneNode ? Optional.of(ONE_NODE) : Optional.empty())
        .build();
  }

  private static MembershipRules membership(ClusterConfig cluster) {
    return MembershipRules.builder(cluster.minWorkers(), cluster.mostWorkers())
        .grace(cluster.grace())
        .reconnect(cluster.reconnect())
        .heartbeats(cluster.heartbeat(), cluster.timeout())
        .replicates(cluster.replicates())
        .build();
  }

  private static CollectiveRules collective(ClusterConfig cluster) {
    return new CollectiveRules(
        switch (cluster.collective()) {
          case AUTO -> CollectiveRules.Choice.AUTO;
          case TCP -> CollectiveRules.Choice.TCP;
          case NCCL -> CollectiveRules.Choice.NCCL;
        },
        cluster.reduction() == ClusterConfig.Reduction.NATIVE);
  }

  private static CheckpointSchedule checkpoints(RunConfig run, long samples) {
    SavingConfig saving = run.training().saving();
    Retention retention = new Retention(saving.saveTotalLimit(), saving.keepBest());
    long delay = run.saveDelaySteps(samples);
    return saving.saveStrategy() == SavingConfig.Strategy.BEST
        ? CheckpointSchedule.whenBetter(delay, retention)
        : new CheckpointSchedule(saving.everySteps(), delay, retention);
  }

  private static EvaluationPlan evaluations(RunConfig run, long samples) {
    if (!run.isEvaluated()) {
      return EvaluationPlan.NONE;
    }
    int records = RunRecords.heldOut(run);
    if (records == 0) {
      throw new UserError(
          "the held-out files of the recipe hold no record: mend them, or write training.eval_strategy: no");
    }
    EvaluationConfig evaluation = run.training().evaluation();
    return new EvaluationPlan(
        records,
        new StepInterval(run.evalEverySteps(), run.evalDelaySteps(samples)),
        BestCheckpoint.metric(run),
        evaluation
            .earlyStoppingPatience()
            .map(patience -> new EarlyStopping(patience, evaluation.earlyStoppingThreshold())));
  }

  /** Fails before the training if the disk has no room for a checkpoint. */
  public static void requireSpace(RunPlan plan) throws IOException {
    Path existing = plan.outputDir();
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    if (free < plan.minFreeBytes()) {
      throw new UserError(
          "%s has %.1f MiB free and a checkpoint needs %.1f MiB: free some, or give another --out"
              .formatted(existing, free / MEBIBYTE, plan.minFreeBytes() / MEBIBYTE));
    }
  }

  private static long checkpointBytes(TuningPlan tuning) {
    long weights = tuning.storedLayout().elements();
    return Dtype.FLOAT32.bytes(weights + MOMENTS * tuning.trained().elements()) + MARGIN_BYTES;
  }
}
