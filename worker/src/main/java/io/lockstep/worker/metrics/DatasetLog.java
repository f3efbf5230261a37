package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.DatasetSums;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The sums of each dataset in each step of a run with several: one JSON object a line in {@code
 * datasets.jsonl}. From there, whoever goes on with a run knows the steps since the last line of
 * its metrics, so that those are the same whichever worker writes them.
 */
final class DatasetLog implements AutoCloseable {

  static final String FILE_NAME = "datasets.jsonl";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<String> labels;
  private final StepLines lines;
  private final List<DatasetSums> sums = new ArrayList<>();

  private DatasetLog(List<String> labels, StepLines lines) {
    this.labels = labels;
    this.lines = lines;
    forget();
  }

  /**
   * Goes on with the log in the run's folder.
   *
   * @param labels the datasets' names, in order; without any nothing is logged
   * @param steps committed steps: lines of later ones are dropped
   * @param since steps that are accounted for already
   */
  static DatasetLog open(Path runDir, List<String> labels, long steps, long since)
      throws IOException {
    StepLines lines =
        labels.isEmpty()
            ? StepLines.none()
            : StepLines.open(runDir.resolve(FILE_NAME), steps, since);
    DatasetLog log = new DatasetLog(labels, lines);
    for (JsonNode line : lines.newest()) {
      log.add(read(line));
    }
    return log;
  }

  /** Whether there is nothing to tell apart. */
  boolean isEmpty() {
    return labels.isEmpty();
  }

  /** Steps that have a line. */
  long lastStep() {
    return lines.lastStep();
  }

  private static List<DatasetSums> read(JsonNode line) {
    List<DatasetSums> read = new ArrayList<>();
    for (JsonNode dataset : line.get("datasets")) {
      read.add(
          new DatasetSums(
              dataset.get("dataset").intValue(),
              dataset.get("loss_sum").doubleValue(),
              dataset.get("tokens").longValue(),
              dataset.get("correct_tokens").longValue()));
    }
    return read;
  }

  /** A step was committed. */
  void committed(Directive.Commit commit) throws IOException {
    if (labels.isEmpty()) {
      return;
    }
    ObjectNode line = JSON.createObjectNode().put("step", commit.step() + 1);
    ArrayNode datasets = line.putArray("datasets");
    for (DatasetSums each : commit.datasets()) {
      datasets
          .addObject()
          .put("dataset", each.dataset())
          .put("name", labels.get(each.dataset()))
          .put("loss_sum", each.lossSum())
          .put("tokens", each.tokens())
          .put("correct_tokens", each.correctTokens());
    }
    lines.write(line);
    add(commit.datasets());
  }

  private void add(List<DatasetSums> step) {
    for (DatasetSums each : step) {
      sums.set(each.dataset(), sums.get(each.dataset()).plus(each));
    }
  }

  private void forget() {
    sums.clear();
    for (int dataset = 0; dataset < labels.size(); dataset++) {
      sums.add(new DatasetSums(dataset, 0, 0, 0));
    }
  }

  /** Writes {@code <label>_loss} and {@code <label>_token_acc} of the steps since the last time. */
  void put(ObjectNode row) {
    for (DatasetSums each : sums) {
      String label = labels.get(each.dataset());
      if (each.tokens() == 0) {
        row.putNull(label + "_loss").putNull(label + "_token_acc");
      } else {
        row.put(label + "_loss", each.lossSum() / each.tokens())
            .put(label + "_token_acc", (double) each.correctTokens() / each.tokens());
      }
    }
    forget();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
