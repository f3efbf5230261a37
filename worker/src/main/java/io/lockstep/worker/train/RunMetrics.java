package io.lockstep.worker.train;

import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.train.Session.StepTimes;
import java.io.IOException;
import java.nio.file.Path;

/** Which committed steps get a line in the run's log, and what is in it. */
final class RunMetrics implements AutoCloseable {

  private final RunConfig config;
  private final long samples;
  private final long totalSteps;
  private final MetricsLog log;

  /**
   * What a worker sends and holds.
   *
   * @param sentBytes sent to the other workers in the step, frames included
   * @param optimizerBytes moments of what it owns and copies
   * @param rounds in which weights were gathered; 0 if they are not shared out
   */
  record Volume(long sentBytes, long optimizerBytes, int rounds) {
    /** Nothing is known. */
    static final Volume NONE = new Volume(0, 0, 0);
  }

  private RunMetrics(RunConfig config, long samples, MetricsLog log) {
    this.config = config;
    this.samples = samples;
    this.totalSteps = config.training().totalSteps(samples);
    this.log = log;
  }

  /**
   * Goes on with the log of a run. A line of a step that is to be computed again is dropped; the
   * last step's is added if whoever should have written it was lost.
   *
   * @param samples records of the dataset
   * @param world the world whose first rank this worker is
   */
  static RunMetrics open(Path runDir, RunConfig config, long samples, Directive.World world)
      throws IOException {
    RunMetrics metrics = new RunMetrics(config, samples, MetricsLog.open(runDir, world.nextStep()));
    if (world.lastCommit().isPresent() && metrics.log.lastStep() < world.nextStep()) {
      Directive.Commit last = world.lastCommit().get();
      metrics.committed(last, new StepTimes(last.step(), 0, 0, 0, 0), Volume.NONE, 0);
    }
    return metrics;
  }

  /** A step was committed and applied, so many seconds after it was begun. */
  void committed(Directive.Commit commit, StepTimes times, Volume volume, double seconds)
      throws IOException {
    long done = commit.step() + 1;
    if (done % config.training().loggingSteps() != 0 && done != totalSteps) {
      return;
    }
    int batch = config.training().globalBatchSize();
    double rate = config.optimizer().learningRate() * config.optimizer().share(done, totalSteps);
    double epoch = (double) done * batch / samples;
    log.write(
        new MetricsLog.Row(
            done,
            epoch,
            commit,
            rate,
            batch,
            seconds,
            times,
            volume,
            seconds * (totalSteps - done)));
  }

  @Override
  public void close() throws IOException {
    log.close();
  }
}
