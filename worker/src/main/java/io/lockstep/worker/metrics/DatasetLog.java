package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.conversation.TokenKind;
import io.lockstep.worker.loader.DatasetLabel;
import io.lockstep.worker.protocol.Directive;
import io.lockstep.worker.protocol.Session.DatasetSums;
import io.lockstep.worker.protocol.Session.KindSums;
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

  private final List<DatasetLabel> labels;
  private final StepLines lines;
  private final List<DatasetSums> sums = new ArrayList<>();

  private DatasetLog(List<DatasetLabel> labels, StepLines lines) {
    this.labels = labels;
    this.lines = lines;
    forget();
  }

  /**
   * Goes on with the log in the run's folder.
   *
   * @param labels of the datasets, in order; without any nothing is logged
   * @param steps committed steps: lines of later ones are dropped
   * @param since steps that are accounted for already
   */
  static DatasetLog open(Path runDir, List<DatasetLabel> labels, long steps, long since)
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
              dataset.get("correct_tokens").longValue(),
              kinds(dataset.path("kinds"))));
    }
    return read;
  }

  private static List<KindSums> kinds(JsonNode kinds) {
    List<KindSums> read = new ArrayList<>();
    for (TokenKind kind : TokenKind.values()) {
      JsonNode counts = kinds.path(kind.label());
      if (counts.isObject()) {
        read.add(
            new KindSums(
                kind.number(),
                counts.get("tokens").longValue(),
                counts.get("correct_tokens").longValue()));
      }
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
      ObjectNode dataset =
          datasets
              .addObject()
              .put("dataset", each.dataset())
              .put("name", labels.get(each.dataset()).name())
              .put("loss_sum", each.lossSum())
              .put("tokens", each.tokens())
              .put("correct_tokens", each.correctTokens());
      if (labels.get(each.dataset()).byKind()) {
        ObjectNode kinds = dataset.putObject("kinds");
        each.kinds()
            .forEach(kind ->
                kinds
                    .putObject(TokenKind.of(kind.kind()).label())
                    .put("tokens", kind.tokens())
                    .put("correct_tokens", kind.correctTokens()));
      }
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

  /**
   * Writes {@code <label>_loss} and {@code <label>_token_acc} of the steps since the last time, and
   * {@code <label>_<kind>_token_acc} of datasets whose tokens are told apart by kind; null where
   * there was no such token.
   */
  void put(ObjectNode row) {
    for (DatasetSums each : sums) {
      DatasetLabel label = labels.get(each.dataset());
      label.keys().forEach(row::putNull);
      if (each.tokens() > 0) {
        row.put(label.loss(), each.lossSum() / each.tokens())
            .put(label.tokenAcc(), (double) each.correctTokens() / each.tokens());
      }
      for (KindSums kind : each.kinds()) {
        if (label.byKind() && kind.tokens() > 0) {
          row.put(
              label.tokenAcc(TokenKind.of(kind.kind())),
              (double) kind.correctTokens() / kind.tokens());
        }
      }
    }
    forget();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
