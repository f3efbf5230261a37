package io.lockstep.worker.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The run's metrics: one JSON object a line in {@code logging.jsonl}, readable while the run goes
 * on.
 */
final class MetricsLog implements AutoCloseable {

  static final String FILE_NAME = "logging.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BufferedWriter writer;

  /**
   * What is logged of a step.
   *
   * @param step committed steps, this one included
   * @param epoch passes over the data so far
   * @param commit the step's global figures
   * @param learningRate rate of the language model
   * @param stepSeconds time since the step before
   * @param remainingSeconds expected time to the last step
   */
  record Row(
      long step,
      double epoch,
      Directive.Commit commit,
      double learningRate,
      int samples,
      double stepSeconds,
      Session.StepTimes times,
      double remainingSeconds) {}

  private MetricsLog(BufferedWriter writer) {
    this.writer = writer;
  }

  /** Appends to the log in the run's folder. */
  static MetricsLog open(Path runDir) throws IOException {
    return new MetricsLog(
        Files.newBufferedWriter(
            runDir.resolve(FILE_NAME),
            StandardCharsets.UTF_8,
            StandardOpenOption.CREATE,
            StandardOpenOption.APPEND));
  }

  void write(Row row) throws IOException {
    Directive.Commit commit = row.commit();
    ObjectNode node =
        JSON.createObjectNode()
            .put("step", row.step())
            .put("epoch", row.epoch())
            .put("loss", commit.lossSum() / commit.tokens())
            .put("token_acc", (double) commit.correctTokens() / commit.tokens())
            .put("grad_norm", commit.gradNorm())
            .put("learning_rate", row.learningRate())
            .put("tokens", commit.tokens())
            .put("digest", "%08x".formatted(commit.digest()))
            .put("samples_per_second", row.samples() / row.stepSeconds())
            .put("step_seconds", row.stepSeconds())
            .put("data_seconds", row.times().data())
            .put("compute_seconds", row.times().compute())
            .put("communication_seconds", row.times().communication())
            .put("resident_bytes", row.times().residentBytes())
            .put("remaining_seconds", row.remainingSeconds());
    writer.write(JSON.writeValueAsString(node));
    writer.newLine();
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
