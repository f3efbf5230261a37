package io.lockstep.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The evaluations of a run on held-out records, in order. */
public record Evaluations(List<Row> rows) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public Evaluations {
    rows = List.copyOf(rows);
  }

  /**
   * One evaluation; what is not known is no number.
   *
   * @param step committed steps of the evaluated weights
   * @param loss mean over supervised tokens, in nats
   * @param tokenAccuracy share of supervised tokens that were right
   */
  public record Row(long step, double loss, double tokenAccuracy) {}

  /**
   * Reads a run's evaluations; a last line that is still being written is left out, and lines of
   * former versions have the loss alone under another name.
   */
  public static Evaluations read(RunFolder folder) throws IOException {
    Path file = folder.evaluations();
    String text = Files.exists(file) ? Files.readString(file) : "";
    List<Row> rows = new ArrayList<>();
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode node = JSON.readTree(line);
      rows.add(
          new Row(
              node.path("step").asLong(),
              node.path("eval_loss").asDouble(node.path("loss").asDouble(Double.NaN)),
              node.path("eval_token_acc").asDouble(node.path("token_acc").asDouble(Double.NaN))));
    }
    return new Evaluations(rows);
  }

  /** The evaluation after so many steps. */
  public Optional<Row> after(long step) {
    return rows.stream().filter(row -> row.step() == step).findFirst();
  }

  /** The same evaluations without those that lack a figure, for a plot. */
  public Evaluations with(ToDoubleFunction<Row> figure) {
    return new Evaluations(
        rows.stream().filter(row -> Double.isFinite(figure.applyAsDouble(row))).toList());
  }

  /** The steps, for a plot. */
  public double[] steps() {
    return rows.stream().mapToDouble(Row::step).toArray();
  }

  /** A figure of each, for a plot. */
  public double[] figures(ToDoubleFunction<Row> figure) {
    return rows.stream().mapToDouble(figure).toArray();
  }
}
