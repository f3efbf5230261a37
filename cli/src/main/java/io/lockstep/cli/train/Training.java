package io.lockstep.cli.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.cli.console.Progress;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.process.LocalCluster;
import io.lockstep.cli.process.ProcessGroup;
import io.lockstep.cli.report.Provenance;
import io.lockstep.cli.report.RunReport;
import io.lockstep.cli.run.Digest;
import io.lockstep.cli.run.Metrics;
import io.lockstep.config.ConfigException;
import io.lockstep.coordinator.RunStatus;
import io.lockstep.data.plan.Pace;
import io.lockstep.worker.config.RunConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Trains with a local cluster and shows the progress. */
public final class Training {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final LocalCluster.Options options;
  private final int batchSize;
  private final PrintStream out;

  private Training(LocalCluster.Options options, int batchSize, PrintStream out) {
    this.options = options;
    this.batchSize = batchSize;
    this.out = out;
  }

  /**
   * The outcome.
   *
   * @param drained why the run ended before its last step, one line; empty if it has all steps
   * @param checkpoint folder of the last checkpoint
   * @param weightsSha256 digest of its tensors
   * @param seconds wall time from the first process to the end of the last
   * @param samplesPerSecond over the logged steps
   */
  public record Result(
      Optional<String> drained,
      Path checkpoint,
      String weightsSha256,
      double seconds,
      double samplesPerSecond,
      Metrics metrics) {

    /**
     * Library and vector instructions that computed the checkpoint's certificate, or that it has
     * none.
     */
    public String computedWith() {
      try {
        return JSON.readTree(checkpoint.resolve("alignment.json").toFile())
            .path("computed_with")
            .asText();
      } catch (IOException e) {
        return "no certificate says with which library";
      }
    }

    /** What the run's page tells; the page goes into the run's folder. */
    public RunReport report(String title, int workers) {
      return new RunReport(
          title,
          "",
          workers,
          seconds,
          samplesPerSecond,
          seconds,
          checkpoint.toString(),
          weightsSha256,
          computedWith(),
          Provenance.here(),
          null);
    }
  }

  /** Checks the configuration and the folder; nothing is started yet. */
  public static Training prepare(LocalCluster.Options options, PrintStream out)
      throws IOException, ConfigException {
    RunConfig config = options.recipe().read();
    if (!options.beginning().resume()) {
      options.folder().requireUnused();
    }
    RunPlans.requireSpace(RunPlans.of(config, options.workers(), options.folder().root()));
    return new Training(options, config.batches().globalBatchSize(), out);
  }

  /**
   * Runs to the end, or to the first SIGTERM or SIGINT, which drains the run to a checkpoint; the
   * second ends everything at once.
   *
   * @throws DrainedRun.UnbegunException if the run was drained before its first step
   */
  public Result runUntilSignalled(ProcessGroup group) throws IOException {
    DrainOnSignal drain = DrainOnSignal.install("lockstep train", out);
    Result result = run(group, cluster -> drain.began(cluster::drain));
    drain.ended();
    return result;
  }

  /**
   * Runs to the end.
   *
   * @param onStart called with the cluster once its processes are started
   * @throws DrainedRun.UnbegunException if the run was drained before its first step
   */
  public Result run(ProcessGroup group, Consumer<LocalCluster> onStart) throws IOException {
    long start = System.nanoTime();
    Optional<String> drained;
    try (LocalCluster cluster = LocalCluster.start(group, options)) {
      onStart.accept(cluster);
      try (Display display = new Display()) {
        drained = cluster.await(display::show, display::notice);
        if (drained.isPresent() && options.folder().lastCheckpoint().isEmpty()) {
          throw new DrainedRun.UnbegunException(drained.get());
        }
        display.finish(Metrics.read(options.folder().metrics()));
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Metrics metrics = Metrics.read(options.folder().metrics());
    Path checkpoint =
        options
            .folder()
            .lastCheckpoint()
            .orElseThrow(() ->
                new UserError(options.folder().root() + " holds no checkpoint after the run"));
    return new Result(
        drained,
        checkpoint,
        Digest.ofCheckpoint(checkpoint),
        seconds,
        metrics.samplesPerSecond(),
        metrics);
  }

  /** The progress of one run: what it waits for first, then its steps. */
  private final class Display implements AutoCloseable {

    private @Nullable Progress progress;
    private String lastDetail = "";
    private long totalSteps;
    private long lastNotice;

    void show(RunStatus status) {
      // Who joins before the start is said by what the run waits for.
      if (progress != null) {
        status.notices().stream()
            .filter(notice -> notice.number() > lastNotice)
            .forEach(notice -> notice(notice.text()));
      }
      lastNotice = status.notices().stream().mapToLong(RunStatus.Notice::number).max().orElse(0);
      switch (status.phase()) {
        case WAITING, FORMING -> announce(status.detail());
        case TRAINING, SAVING, FINISHED ->
            step(
                status.steps(),
                status.totalSteps(),
                status.stepsPerSecond(),
                status.remaining(),
                status.loss());
        case FAILED -> announce("failed: " + status.detail());
      }
    }

    void finish(Metrics metrics) {
      if (!metrics.rows().isEmpty() && totalSteps > 0) {
        Metrics.Row last = metrics.rows().getLast();
        step(
            last.step(),
            totalSteps,
            metrics.samplesPerSecond() / batchSize,
            Optional.empty(),
            last.loss());
      }
    }

    private void announce(String detail) {
      if (!detail.isEmpty() && !detail.equals(lastDetail)) {
        notice(detail);
        lastDetail = detail;
      }
    }

    /** Prints a line of its own. */
    private void notice(String text) {
      Progress bar = progress;
      if (bar == null) {
        out.println("  " + text);
      } else {
        bar.print("  " + text);
      }
    }

    private void step(
        long steps,
        long total,
        double stepsPerSecond,
        Optional<Pace.Remaining> remaining,
        double loss) {
      Progress bar = progress;
      if (bar == null) {
        bar = new Progress("  training", total, "samples", batchSize);
        progress = bar;
        totalSteps = total;
      }
      bar.update(
          steps,
          stepsPerSecond,
          remaining,
          steps == 0 ? "" : String.format(Locale.ROOT, "loss %.4f", loss));
    }

    @Override
    public void close() {
      if (progress != null) {
        progress.close();
      }
    }
  }
}
