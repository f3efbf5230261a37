package io.lockstep.cli.train;

import io.lockstep.cli.console.UserError;
import io.lockstep.coordinator.MembershipRules;
import io.lockstep.coordinator.Retention;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.SavePlan;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.config.ClusterConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.RunRecords;
import io.lockstep.worker.config.TrainingConfig;
import io.lockstep.worker.tuning.TuningPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the coordinator needs to know of a recipe. */
public final class RunPlans {

  private static final int LEASE_STEPS = 16;

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
    RunPlan plan =
        anywhere(run, workers, records.epoch(), out)
            .withUnreadable(run.data().maxUnreadable(records.count()));
    return run.data().augmentation().filter(AugmentationConfig::needsPatchBank).isEmpty()
        ? plan
        : plan.onOneNode(ONE_NODE);
  }

  private static RunPlan anywhere(RunConfig run, int workers, long samples, Path out)
      throws IOException {
    return new RunPlan(
        run.name(),
        run.toYaml(),
        workers,
        run.training().virtualRanks(),
        run.training().totalSteps(samples),
        saving(run.training(), samples),
        LEASE_STEPS,
        membership(run.cluster()),
        checkpointBytes(TuningPlan.of(run)),
        out);
  }

  private static MembershipRules membership(ClusterConfig cluster) {
    return new MembershipRules(
        cluster.minWorkers(),
        cluster.maxWorkers(),
        cluster.grace(),
        cluster.reconnect(),
        cluster.heartbeat(),
        cluster.timeout(),
        cluster.replicates());
  }

  private static SavePlan saving(TrainingConfig training, long samples) {
    return new SavePlan(
        training.saveSteps(),
        training.saveDelaySteps(samples),
        new Retention(training.keepLast(), training.keepBest()));
  }

  /** Fails if the disk has no room for even one checkpoint: better now than after the training. */
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
