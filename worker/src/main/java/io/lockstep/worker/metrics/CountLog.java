package io.lockstep.worker.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.worker.protocol.Counts;
import io.lockstep.worker.protocol.Directive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;

/**
 * What was counted of samples and tokens from the first step of a run to each committed one: one
 * JSON object a line in {@code counts.jsonl}. From there, whoever goes on with a run knows the
 * counts of the steps since the last line of its metrics, so that those are the same whichever
 * worker writes them.
 */
public final class CountLog implements AutoCloseable {

  public static final String FILE_NAME = "counts.jsonl";

  /** The key of the share of padding in the run's metrics. */
  static final String PADDING_SHARE = "padding_share";

  private static final String STEP = "step";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SortedSet<String> sinceLast;
  private final StepLines lines;
  private Counts total = Counts.NONE;
  private Counts before = Counts.NONE;

  private CountLog(SortedSet<String> sinceLast, StepLines lines, long since) {
    this.sinceLast = sinceLast;
    this.lines = lines;
    for (JsonNode line : lines.newest()) {
      total = read(line);
      if (line.get(STEP).longValue() <= since) {
        before = total;
      }
    }
  }

  /**
   * Goes on with the log in the run's folder.
   *
   * @param sinceLast names of what is told of the steps since the line before
   * @param steps committed steps: lines of later ones are dropped
   * @param since steps that are accounted for already
   */
  static CountLog open(Path runDir, SortedSet<String> sinceLast, long steps, long since)
      throws IOException {
    StepLines lines = StepLines.open(runDir.resolve(FILE_NAME), steps, Math.max(0, since - 1));
    return new CountLog(sinceLast, lines, since);
  }

  /** What was counted in all committed steps of the run in a folder. */
  public static Counts total(Path runDir) throws IOException {
    Path file = runDir.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return Counts.NONE;
    }
    String text = Files.readString(file);
    int end = text.lastIndexOf('\n');
    return end < 0
        ? Counts.NONE
        : read(JSON.readTree(text.substring(text.lastIndexOf('\n', end - 1) + 1, end)));
  }

  private static Counts read(JsonNode line) {
    Map<String, Long> counts = new TreeMap<>();
    line.properties()
        .forEach(field -> {
          if (!field.getKey().equals(STEP)) {
            counts.put(field.getKey(), field.getValue().longValue());
          }
        });
    return Counts.of(counts);
  }

  /** Steps that have a line. */
  long lastStep() {
    return lines.lastStep();
  }

  /** A step was committed. */
  void committed(Directive.Commit commit) throws IOException {
    total = total.plus(commit.counts());
    ObjectNode line = JSON.createObjectNode().put(STEP, commit.step() + 1);
    total.values().forEach(line::put);
    lines.write(line);
  }

  /**
   * Writes what augmentation did, what was written, and the share of padding in the steps since the
   * last time, null where nothing was computed, and the dropped samples of all steps.
   */
  void put(ObjectNode row) {
    Counts since = total.minus(before);
    before = total;
    sinceLast.forEach(name -> row.put(name, since.of(name)));
    long tokens = since.of(Counts.BATCH_TOKENS);
    row.putNull(PADDING_SHARE);
    if (tokens > 0) {
      row.put(PADDING_SHARE, (double) since.of(Counts.PADDING_TOKENS) / tokens);
    }
    row.put(Counts.DROPPED_TOO_LONG, total.of(Counts.DROPPED_TOO_LONG));
    row.put(Counts.DROPPED_UNREADABLE, total.of(Counts.DROPPED_UNREADABLE));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
