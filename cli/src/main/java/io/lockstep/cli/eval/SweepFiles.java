package io.lockstep.cli.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.cli.chart.TwoAxisChart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A sweep over token budgets as files: {@code token-budget.json}, {@code .csv}, {@code .md} and
 * {@code .png}.
 */
public final class SweepFiles {

  private static final String NAME = "token-budget";
  private static final double MEGA = 1e6;
  private static final double MILLI = 1e-3;

  /** A column of the table. */
  private record Column(String key, String title, String format, ToDoubleFunction<Score> value) {
    String cell(Score score) {
      return String.format(Locale.ROOT, format, value.applyAsDouble(score));
    }
  }

  private static final List<Column> COLUMNS =
      List.of(
          new Column("token_budget", "budget", "%.4g", Score::budget),
          new Column("vision_tokens", "tokens/picture", "%.1f", Score::visionTokens),
          new Column("summary_exact_match", "exact match", "%.4f", Score::exactMatch),
          new Column("token_accuracy", "token accuracy", "%.4f", Score::tokenAccuracy),
          new Column("flops_vision_tower", "tower MFLOP", "%.1f", s -> s.towerFlops() / MEGA),
          new Column("flops_mergers", "mergers MFLOP", "%.1f", s -> s.mergerFlops() / MEGA),
          new Column("flops_text_prefill", "prefill MFLOP", "%.1f", s -> s.prefillFlops() / MEGA),
          new Column("flops", "all MFLOP", "%.1f", s -> s.flops() / MEGA),
          new Column("seconds", "ms/picture", "%.1f", s -> s.seconds() / MILLI));

  private SweepFiles() {}

  /** Titles and cells as text, the titles first. */
  public static List<List<String>> table(List<Score> scores) {
    return Stream.concat(
            Stream.of(COLUMNS.stream().map(Column::title).toList()),
            scores.stream().map(s -> COLUMNS.stream().map(column -> column.cell(s)).toList()))
        .toList();
  }

  /** Writes all files into a folder, which is made if need be. */
  public static void write(Path folder, List<Score> scores) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve(NAME + ".json"), json(scores), StandardCharsets.UTF_8);
    Files.writeString(folder.resolve(NAME + ".csv"), csv(scores), StandardCharsets.UTF_8);
    Files.writeString(folder.resolve(NAME + ".md"), markdown(scores), StandardCharsets.UTF_8);
    plot(folder.resolve(NAME + ".png"), scores);
  }

  /** The values as they are: operations, not millions; seconds, not milliseconds. */
  static String json(List<Score> scores) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode rows = mapper.createArrayNode();
    for (Score score : scores) {
      ObjectNode row = rows.addObject().put("pictures", score.pictures());
      List<Double> values = raw(score);
      for (int i = 0; i < values.size(); i++) {
        row.put(COLUMNS.get(i).key(), values.get(i));
      }
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(rows) + "\n";
  }

  static String csv(List<Score> scores) {
    String head = COLUMNS.stream().map(Column::key).collect(Collectors.joining(","));
    return scores.stream()
        .map(score ->
            raw(score).stream().map(String::valueOf).collect(Collectors.joining(",")) + "\n")
        .collect(Collectors.joining("", head + "\n", ""));
  }

  static String markdown(List<Score> scores) {
    List<List<String>> rows = table(scores);
    String rule = "|" + "---:|".repeat(COLUMNS.size()) + "\n";
    return line(rows.getFirst())
        + rule
        + rows.stream().skip(1).map(SweepFiles::line).collect(Collectors.joining());
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static List<Double> raw(Score score) {
    return List.of(
        score.budget(),
        score.visionTokens(),
        score.exactMatch(),
        score.tokenAccuracy(),
        score.towerFlops(),
        score.mergerFlops(),
        score.prefillFlops(),
        score.flops(),
        score.seconds());
  }

  private static void plot(Path png, List<Score> scores) throws IOException {
    List<Score> ascending = scores.reversed();
    double[] budgets = ascending.stream().mapToDouble(Score::budget).toArray();
    new TwoAxisChart("Token budget", "share of vision tokens kept", budgets)
        .left("share right", 0, 1)
        .right("MFLOP per picture, to the first token")
        .addLeft("summary exact match", values(ascending, Score::exactMatch))
        .addLeft("token accuracy", values(ascending, Score::tokenAccuracy))
        .addRight("all FLOPs", values(ascending, s -> s.flops() / MEGA))
        .addRight("text prefill alone", values(ascending, s -> s.prefillFlops() / MEGA))
        .write(png);
  }

  private static double[] values(List<Score> scores, ToDoubleFunction<Score> value) {
    return scores.stream().mapToDouble(value).toArray();
  }
}
