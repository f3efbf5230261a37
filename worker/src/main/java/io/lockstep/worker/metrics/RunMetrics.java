package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.data.plan.Pace;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.LoaderTimes.Stage;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.StepTimes;
import io.lockstep.worker.zero.PassTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which committed steps get a line in the run's log, and what is in it. */
public final class RunMetrics implements AutoCloseable {

  /** How keys of learning rates begin that are those of a part of the model. */
  static final String RATE_OF_A_PART = "learning_rate_";

  private final RunConfig config;
  private final long samples;
  private final long totalSteps;
  private final MetricsLog log;
  private final DatasetLog datasets;
  private final CountLog counts;
  private final EvaluationLog evaluations;
  private final TensorBoardLog board;
  private final RunData data;
  private final Pace pace = new Pace();
  private Map<Stage, Double> loaderBefore;
  private PatchSupply.Counts bankBefore;

  /**
   * What a worker sends and holds.
   *
   * @param sentBytes sent to the other workers in the step, frames included
   * @param optimizerBytes moments of what it owns and copies
   * @param world number of ranks that made the step
   * @param passes of all ranks in the step; unknown if weights are not shared out
   */
  public record Volume(long sentBytes, long optimizerBytes, int world, PassTable passes) {
    /** Nothing is known. */
    public static final Volume NONE = new Volume(0, 0, 1, PassTable.UNKNOWN);
  }

  private RunMetrics(
      RunConfig config,
      RunData data,
      MetricsLog log,
      DatasetLog datasets,
      CountLog counts,
      EvaluationLog evaluations,
      TensorBoardLog board) {
    this.config = config;
    this.samples = data.size();
    this.totalSteps = config.training().totalSteps(samples);
    this.log = log;
    this.datasets = datasets;
    this.counts = counts;
    this.evaluations = evaluations;
    this.board = board;
    this.data = data;
    loaderBefore = data.times().seconds();
    bankBefore = data.patchCounts().orElse(PatchSupply.Counts.NONE);
  }

  /**
   * Goes on with the log of a run. A line of a step that is to be computed again is dropped; the
   * last step's is added if whoever should have written it was lost.
   *
   * @param membership of which this worker is rank 0
   * @param board begins a file; it is not closed with this
   */
  public static RunMetrics open(
      Path runDir,
      RunConfig config,
      RunData data,
      Directive.NewMembership membership,
      TensorBoardLog board)
      throws IOException {
    long steps = membership.nextStep();
    MetricsLog log = MetricsLog.open(runDir, steps);
    DatasetLog datasets = DatasetLog.open(runDir, data.labels(), steps, log.lastStep());
    CountLog counts = CountLog.open(runDir, data.counted(), steps, log.lastStep());
    EvaluationLog evaluations =
        config.isEvaluated() ? EvaluationLog.open(runDir, steps) : EvaluationLog.none();
    board.begin(steps);
    RunMetrics metrics = new RunMetrics(config, data, log, datasets, counts, evaluations, board);
    if (membership.lastCommit().isPresent()) {
      metrics.addMissing(membership.lastCommit().get(), steps);
    }
    if (membership.lastEvaluation().isPresent()) {
      metrics.evaluated(membership.lastEvaluation().get());
    }
    return metrics;
  }

  private void addMissing(Directive.Commit last, long steps) throws IOException {
    if (!datasets.isEmpty() && datasets.lastStep() < steps) {
      datasets.committed(last);
    }
    if (counts.lastStep() < steps) {
      counts.committed(last);
    }
    if (log.lastStep() < steps) {
      write(last, new StepTimes(last.step(), 0, 0, 0, 0), Volume.NONE, 0);
    }
  }

  /** A step was committed and applied, so many seconds after it was begun. */
  public void committed(Directive.Commit commit, StepTimes times, Volume volume, double seconds)
      throws IOException {
    datasets.committed(commit);
    counts.committed(commit);
    pace.step(volume.world(), seconds);
    write(commit, times, volume, seconds);
  }

  /** An evaluation is complete; one that has a line already is known. */
  public void evaluated(Directive.Evaluation evaluation) throws IOException {
    if (evaluations.lastStep() < evaluation.steps()) {
      int batch = config.batches().globalBatchSize();
      evaluations.write(evaluation, (double) evaluation.steps() * batch / samples, board);
    }
  }

  private void write(Directive.Commit commit, StepTimes times, Volume volume, double seconds)
      throws IOException {
    long done = commit.step() + 1;
    if (done % config.training().loggingSteps() != 0 && done != totalSteps) {
      return;
    }
    int batch = config.batches().globalBatchSize();
    double rate = config.optimizer().lr(ParameterSpec.Module.LLM, done, totalSteps);
    double epoch = (double) done * batch / samples;
    JsonNode line =
        log.write(
            new MetricsLog.Row(
                done,
                epoch,
                commit,
                rate,
                ratesByPart(done),
                batch,
                seconds,
                times,
                volume,
                pace.remaining(totalSteps - done).map(Pace.Remaining::seconds).orElse(0.0)),
            datasets,
            counts,
            loaderSince(),
            bankSince());
    board.write(line, commit, data.labels());
  }

  /** Learning rates of the parts that are trained in the last of so many steps. */
  private SortedMap<String, Double> ratesByPart(long done) {
    SortedMap<String, Double> rates = new TreeMap<>();
    Set<ParameterSpec.Module> parts = new LinkedHashSet<>(config.tuner().trained());
    if (config.custom().detectionEnabled()) {
      parts.add(ParameterSpec.Module.DETECTION);
    }
    for (ParameterSpec.Module part : parts) {
      rates.put(
          RATE_OF_A_PART + part.name().toLowerCase(Locale.ROOT),
          config.optimizer().lr(part, done, totalSteps));
    }
    return rates;
  }

  /** Seconds of each stage since the line before. */
  private Map<Stage, Double> loaderSince() {
    Map<Stage, Double> now = data.times().seconds();
    Map<Stage, Double> since = new EnumMap<>(Stage.class);
    now.forEach((stage, total) -> since.put(stage, total - loaderBefore.getOrDefault(stage, 0.0)));
    loaderBefore = now;
    return since;
  }

  private Optional<PatchSupply.Counts> bankSince() {
    Optional<PatchSupply.Counts> now = data.patchCounts();
    Optional<PatchSupply.Counts> since = now.map(counts -> counts.since(bankBefore));
    bankBefore = now.orElse(bankBefore);
    return since;
  }

  @Override
  public void close() throws IOException {
    log.close();
    datasets.close();
    counts.close();
    evaluations.close();
  }
}
