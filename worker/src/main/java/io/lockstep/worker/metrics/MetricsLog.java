package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.bank.PatchSupply;
import io.lockstep.worker.loader.LoaderTimes;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The run's metrics: one JSON object a line in {@code logging.jsonl}, readable while the run goes
 * on.
 */
public final class MetricsLog implements AutoCloseable {

  public static final String FILE_NAME = "logging.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final StepLines lines;

  /**
   * What is logged of a step.
   *
   * @param step committed steps, this one included
   * @param epoch passes over the data so far
   * @param commit the step's global figures
   * @param learningRate rate of the language model
   * @param ratesByPart rates of all parts that are trained, by the keys that they are logged under
   * @param stepSeconds time since the step before
   * @param remainingSeconds expected time to the last step
   */
  record Row(
      long step,
      double epoch,
      Directive.Commit commit,
      double learningRate,
      SortedMap<String, Double> ratesByPart,
      int samples,
      double stepSeconds,
      Session.StepTimes times,
      RunMetrics.Volume volume,
      double remainingSeconds) {

    /** 0 if the time isn't known. */
    double samplesPerSecond() {
      return stepSeconds == 0 ? 0 : samples / stepSeconds;
    }
  }

  private MetricsLog(StepLines lines) {
    this.lines = lines;
  }

  /**
   * Appends to the log in the run's folder.
   *
   * @param steps steps that are committed: lines of later ones, and one that was torn, are dropped
   */
  static MetricsLog open(Path runDir, long steps) throws IOException {
    return new MetricsLog(StepLines.open(runDir.resolve(FILE_NAME), steps, steps));
  }

  /** The last step that has a line, counted from 1; 0 if none. */
  long lastStep() {
    return lines.lastStep();
  }

  /**
   * Writes a line and returns it; figures of a skipped step that are not finite are null.
   *
   * @param datasets adds its figures
   * @param counts adds its figures
   * @param loader seconds of each stage of making micro-batches since the line before
   * @param bank what was given from the patch bank since then, if there is one
   */
  JsonNode write(
      Row row,
      DatasetLog datasets,
      CountLog counts,
      Map<LoaderTimes.Stage, Double> loader,
      Optional<PatchSupply.Counts> bank)
      throws IOException {
    Directive.Commit commit = row.commit();
    ObjectNode node =
        JSON.createObjectNode()
            .put("step", row.step())
            .put("epoch", row.epoch())
            .put("loss", finite(commit.lossSum() / commit.tokens()))
            .put("token_acc", (double) commit.correctTokens() / commit.tokens())
            .put("grad_norm", finite(commit.gradNorm()))
            .put("skipped_steps", commit.skippedSteps())
            .put("learning_rate", row.learningRate())
            .put("tokens", commit.tokens())
            .put("digest", "%08x".formatted(commit.digest()))
            .put("samples_per_second", row.samplesPerSecond())
            .put("step_seconds", row.stepSeconds())
            .put("data_seconds", row.times().data())
            .put("compute_seconds", row.times().compute())
            .put("communication_seconds", row.times().communication())
            .put("resident_bytes", row.times().residentBytes())
            .put("sent_bytes", row.volume().sentBytes())
            .put("optimizer_bytes", row.volume().optimizerBytes())
            .put("world", row.volume().world())
            .put("passes", row.volume().passes().text())
            .put("remaining_seconds", row.remainingSeconds());
    if (row.stepSeconds() > 0) {
      node.put("tokens_per_second", commit.tokens() / row.stepSeconds());
    }
    row.ratesByPart().forEach(node::put);
    commit
        .terms()
        .forEach(term -> node.put(term.name(), term.sum() / Math.max(1, term.normaliser())));
    loader.forEach((stage, seconds) -> node.put(stage.key(), seconds));
    bank.ifPresent(given ->
        node.put("patch_bank_found", given.found())
            .put("patch_bank_cut", given.cut())
            .put("patch_bank_added", given.added())
            .put("patch_bank_refused", given.refused())
            .put("patch_bank_damaged", given.damaged()));
    datasets.put(node);
    counts.put(node);
    lines.write(node);
    return node;
  }

  /** JSON has no infinite numbers. */
  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
