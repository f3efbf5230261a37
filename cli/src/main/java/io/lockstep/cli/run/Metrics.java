package io.lockstep.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lockstep.worker.zero.PassTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The figures of the logged steps of a run, in order. */
public record Metrics(List<Row> rows) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LOADER = "loader_";
  private static final String SECONDS = "_seconds";
  private static final String BANK = "patch_bank_";

  /** What is counted of the patch bank. */
  private static final List<String> BANK_COUNTS =
      List.of("found", "cut", "added", "refused", "damaged");

  public Metrics {
    rows = List.copyOf(rows);
  }

  /**
   * One logged step.
   *
   * @param step committed steps, this one included
   * @param loss mean over supervised tokens, in nats; no number if the step was skipped
   * @param learningRate of the language model
   * @param volume what rank 0 sent and held
   * @param loader seconds of rank 0's stages of making samples since the row before, by name
   * @param bank rank 0's counts of patches since the row before, by name; none without a bank
   */
  public record Row(
      long step,
      double loss,
      double learningRate,
      double samplesPerSecond,
      double stepSeconds,
      Volume volume,
      Map<String, Double> loader,
      Map<String, Long> bank) {}

  /**
   * What rank 0 sent in a step and held after it, in bytes; 0 of what was not measured.
   *
   * @param world number of ranks that made the step
   * @param passes of all ranks in the step; unknown if weights are not shared out
   */
  public record Volume(long sent, long optimizer, long resident, int world, PassTable passes) {}

  /** Reads a run's {@code logging.jsonl}; a last line that is still being written is left out. */
  public static Metrics read(Path file) throws IOException {
    String text = Files.exists(file) ? Files.readString(file) : "";
    List<Row> rows = new ArrayList<>();
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    for (String line : whole.lines().toList()) {
      rows.add(row(line));
    }
    return new Metrics(rows);
  }

  static Row row(String line) throws IOException {
    JsonNode node = JSON.readTree(line);
    return new Row(
        node.path("step").asLong(),
        node.path("loss").isNumber() ? node.path("loss").asDouble() : Double.NaN,
        node.path("learning_rate").asDouble(),
        node.path("samples_per_second").asDouble(),
        node.path("step_seconds").asDouble(),
        new Volume(
            node.path("sent_bytes").asLong(),
            node.path("optimizer_bytes").asLong(),
            node.path("resident_bytes").asLong(),
            node.path("world").asInt(1),
            PassTable.parse(node.path("passes").asText())),
        loader(node),
        bank(node));
  }

  private static Map<String, Double> loader(JsonNode node) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    node.properties()
        .forEach(field -> {
          String key = field.getKey();
          if (key.startsWith(LOADER) && key.endsWith(SECONDS)) {
            String stage = key.substring(LOADER.length(), key.length() - SECONDS.length());
            seconds.put(stage, field.getValue().asDouble());
          }
        });
    return seconds;
  }

  private static Map<String, Long> bank(JsonNode node) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String kind : BANK_COUNTS) {
      if (node.has(BANK + kind)) {
        counts.put(kind, node.get(BANK + kind).asLong());
      }
    }
    return counts;
  }

  /** Patches given from the bank, cut and so on over all logged steps, by name. */
  public Map<String, Long> bankCounts() {
    Map<String, Long> sums = new LinkedHashMap<>();
    rows.forEach(row -> row.bank().forEach((kind, count) -> sums.merge(kind, count, Long::sum)));
    return sums;
  }

  /** Seconds of each stage of making samples over all logged steps, in the order of the stages. */
  public Map<String, Double> loaderSeconds() {
    Map<String, Double> sums = new LinkedHashMap<>();
    rows.forEach(row -> row.loader().forEach((stage, s) -> sums.merge(stage, s, Double::sum)));
    return sums;
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

  /** The same rows without those that lack a loss, for a plot. */
  public Metrics withLoss() {
    return new Metrics(rows.stream().filter(row -> Double.isFinite(row.loss())).toList());
  }

  /** The steps, for a plot. */
  public double[] steps() {
    return rows.stream().mapToDouble(Row::step).toArray();
  }

  /** The learning rates, for a plot. */
  public double[] learningRates() {
    return rows.stream().mapToDouble(Row::learningRate).toArray();
  }

  /** The losses, for a plot. */
  public double[] losses() {
    return rows.stream().mapToDouble(Row::loss).toArray();
  }
}
