package io.lockstep.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The figures of the logged steps of a run, in order. */
public record Metrics(List<Row> rows) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public Metrics {
    rows = List.copyOf(rows);
  }

  /**
   * One logged step.
   *
   * @param step committed steps, this one included
   * @param loss mean over supervised tokens, in nats
   * @param volume what rank 0 sent and held
   */
  public record Row(
      long step, double loss, double samplesPerSecond, double stepSeconds, Volume volume) {}

  /**
   * What rank 0 sent in a step and held after it, in bytes; 0 of what was not measured.
   *
   * @param rounds in which weights were gathered; 0 if they are not shared out
   */
  public record Volume(long sent, long optimizer, long resident, int rounds) {}

  /** Reads a run's {@code logging.jsonl}; a last line that is still being written is left out. */
  public static Metrics read(Path file) throws IOException {
    String text = Files.exists(file) ? Files.readString(file) : "";
    List<Row> rows = new ArrayList<>();
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    for (String line : whole.lines().toList()) {
      JsonNode node = JSON.readTree(line);
      rows.add(
          new Row(
              node.path("step").asLong(),
              node.path("loss").asDouble(),
              node.path("samples_per_second").asDouble(),
              node.path("step_seconds").asDouble(),
              new Volume(
                  node.path("sent_bytes").asLong(),
                  node.path("optimizer_bytes").asLong(),
                  node.path("resident_bytes").asLong(),
                  node.path("gather_rounds").asInt())));
    }
    return new Metrics(rows);
  }

  /** The last logged step, 0 without any. */
  public long lastStep() {
    return rows.isEmpty() ? 0 : rows.getLast().step();
  }

  /** Samples of the logged steps over the time they took; 0 without any. */
  public double samplesPerSecond() {
    double seconds = rows.stream().mapToDouble(Row::stepSeconds).sum();
    double samples =
        rows.stream().mapToDouble(row -> row.samplesPerSecond() * row.stepSeconds()).sum();
    return seconds > 0 ? samples / seconds : 0;
  }

  /** The steps, for a plot. */
  public double[] steps() {
    return rows.stream().mapToDouble(Row::step).toArray();
  }

  /** The losses, for a plot. */
  public double[] losses() {
    return rows.stream().mapToDouble(Row::loss).toArray();
  }
}
