package io.lockstep.cli.train;

import io.lockstep.cli.console.Table;
import io.lockstep.cli.run.Metrics;
import io.lockstep.model.checkpoint.AdapterBase;
import io.lockstep.model.checkpoint.HeldTypes;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.segment.SegmentSpec;
import io.lockstep.worker.config.DistillationConfig;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.tuning.TuningPlan;
import io.lockstep.worker.zero.Buckets;
import io.lockstep.worker.zero.PassTable;
import io.lockstep.worker.zero.StageCost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a recipe's training state costs by the formulas, beside what a run has measured. */
public final class PlannedCost {

  private static final double MEBIBYTE = 1 << 20;

  private PlannedCost() {}

  /** What a recipe trains, as the formulas want it. */
  public static StageCost.Subject subject(RunConfig run, TuningPlan plan) throws IOException {
    return new StageCost.Subject(
        plan.frozenBytes() + teacherBytes(run),
        SegmentSpec.of(plan.model(), plan.trained()),
        plan.trained(),
        new Buckets(plan.trained().size(), run.cluster().bucketFloats()),
        run.batches().virtualRanks(),
        run.batches().samplesPerVirtualRank(),
        run.cluster().replicates());
  }

  /** The teacher that each worker holds, with the type that it computes in. */
  private static Optional<ModelConfig> teacher(RunConfig run) throws IOException {
    if (run.rlhf().isEmpty()) {
      return Optional.empty();
    }
    Path folder = AdapterBase.modelOf(run.rlhf().get().teacherModel());
    return Optional.of(
        ModelFamilies.read(folder.resolve("config.json")).computingIn(run.computeType()));
  }

  /** Parameters of the teacher that each worker holds; 0 if there is none. */
  public static long teacherParameters(RunConfig run) throws IOException {
    return teacher(run).map(config -> config.layout().elements()).orElse(0L);
  }

  /** The bytes of these parameters. */
  public static long teacherBytes(RunConfig run) throws IOException {
    Optional<ModelConfig> teacher = teacher(run);
    return teacher.isEmpty()
        ? 0
        : HeldTypes.ofInference(teacher.get(), Tuning.full())
            .bytes(teacher.get().layout().slots(), teacher.get().dtype());
  }

  /**
   * What answers that are written on the way cost at most, in words; nothing if there are none.
   * Rows of a micro-batch are written together, so that a token of all of them is one pass.
   */
  public static Optional<String> writtenAnswers(RunConfig run) {
    return run.rlhf()
        .filter(DistillationConfig::writesAnswers)
        .map(rlhf -> {
          long samples = run.training().globalBatchSize();
          double own = rlhf.lmbda() * samples;
          double taught = rlhf.seqKd() ? samples - own : 0;
          return String.format(
              Locale.ROOT,
              "answers written in each step: about %.1f of %d by the student, %.1f by the teacher, of"
                  + " %d tokens at most: up to %,d more passes over one token of each row",
              own,
              samples,
              taught,
              rlhf.maxCompletionLength(),
              (long) rlhf.maxCompletionLength()
                  * run.batches().virtualRanks()
                  * run.batches().parts()
                  * ((own > 0 ? 1 : 0) + (taught > 0 ? 1 : 0)));
        });
  }

  /**
   * Planned and measured figures of rank 0, as a table; what is measured is the last logged step
   * that has figures, and what is planned is what that step had to do.
   */
  public static String table(RunConfig run, Metrics metrics) throws IOException {
    List<Metrics.Volume> measured =
        metrics.rows().stream()
            .map(Metrics.Row::volume)
            .filter(row -> row.optimizer() > 0)
            .toList();
    if (measured.isEmpty()) {
      return "";
    }
    Metrics.Volume last = measured.getLast();
    int stage = run.deepspeed().zeroStage();
    PassTable passes =
        last.passes().equals(PassTable.UNKNOWN)
            ? PassTable.even(run.batches().virtualRanks(), last.world(), 1)
            : last.passes();
    StageCost planned = StageCost.of(subject(run, TuningPlan.of(run)), stage, 0, passes);
    return new Table()
        .row("rank 0 of " + last.world() + ", stage " + stage, "planned", "measured")
        .row("sent per step", mebibytes(planned.sentBytes()), mebibytes(last.sent()))
        .row("optimizer state", mebibytes(planned.optimizerBytes()), mebibytes(last.optimizer()))
        .row(
            "memory",
            mebibytes(planned.totalBytes()) + " of training state",
            mebibytes(last.resident()) + " of the process")
        .render();
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,.2f MiB", bytes / MEBIBYTE);
  }
}
