package io.lockstep.cli.eval;

import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.cli.chart.TwoAxisChart;
import io.lockstep.data.file.FileWrites;
import io.lockstep.data.score.MatchCounts;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A sweep over token budgets as files: {@code token-budget.json}, {@code .csv}, {@code .md} and
 * {@code .png}.
 */
public final class SweepFiles {

  private static final String NAME = "token-budget";
  private static final double MILLI = 1e-3;
  private static final double PERCENT = 100;

  /** Room above the highest curve of cost. */
  private static final double HEADROOM = 1.1;

  /** What operations are counted in where people read them. */
  private enum Unit {
    MFLOP(1e6),
    GFLOP(1e9),
    TFLOP(1e12);

    private final double operations;

    Unit(double operations) {
      this.operations = operations;
    }

    /** The largest that keeps the dearest score above one. */
    static Unit of(List<Score> scores) {
      double dearest = scores.stream().mapToDouble(Score::flops).max().orElse(0);
      return Stream.of(TFLOP, GFLOP)
          .filter(unit -> dearest >= unit.operations)
          .findFirst()
          .orElse(MFLOP);
    }
  }

  /**
   * A column of the table.
   *
   * @param key its name in JSON and CSV
   * @param value its value there: shares, operations, seconds
   * @param title its name for people
   * @param format its value for people, divided by {@code scale}
   */
  private record Column(
      String key, ToDoubleFunction<Score> value, String title, String format, double scale) {

    static Column of(String key, ToDoubleFunction<Score> value, String title, String format) {
      return new Column(key, value, title, format, 1);
    }

    static Column cost(String key, ToDoubleFunction<Score> value, String title, Unit unit) {
      return new Column(key, value, title + " " + unit, "%.1f", unit.operations);
    }

    String cell(Score score) {
      double number = value.applyAsDouble(score);
      return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, format, number / scale);
    }

    /** The value as it is; null where there is none. */
    @Nullable BigDecimal number(Score score) {
      double number = value.applyAsDouble(score);
      return Double.isNaN(number) ? null : BigDecimal.valueOf(number).stripTrailingZeros();
    }
  }

  private SweepFiles() {}

  private static List<Column> columns(Unit unit, List<Score> scores) {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.of("token_budget", Score::budget, "budget", "%.4g"));
    columns.add(Column.of("vision_tokens", Score::visionTokens, "tokens/picture", "%.1f"));
    for (AnswerKind kind : AnswerKind.values()) {
      if (scores.stream().anyMatch(score -> score.outcomes().asked(kind) > 0)) {
        columns.add(
            Column.of(
                kind == AnswerKind.DENSE ? "dense_right" : kind.label() + "_exact_match",
                score -> score.outcomes().rightShare(kind),
                kind == AnswerKind.DENSE ? "dense right" : kind.label() + " exact match",
                "%.4f"));
      }
    }
    if (columns.stream().anyMatch(column -> column.key().equals("dense_right"))) {
      columns.add(
          Column.of("dense_mean_iou", score -> overall(score).meanIou(), "mean IoU", "%.4f"));
      columns.add(Column.of("dense_f1", score -> overall(score).f1(), "F1 at 0.5", "%.4f"));
      columns.add(
          Column.of(
              "dense_caption_match", score -> overall(score).captionMatch(), "captions", "%.4f"));
    }
    columns.add(count("no_answer", Verdict.EMPTY, "no answer"));
    columns.add(count("cut", Verdict.CUT, "cut"));
    columns.add(count("loop", Verdict.LOOP, "loop"));
    columns.add(count("unparseable", Verdict.UNPARSEABLE, "unparseable"));
    columns.add(Column.of("token_accuracy", Score::tokenAccuracy, "token accuracy", "%.4f"));
    columns.add(Column.cost("flops_vision_tower", Score::towerFlops, "tower", unit));
    columns.add(Column.cost("flops_mergers", Score::mergerFlops, "mergers", unit));
    columns.add(Column.cost("flops_text_prefill", Score::prefillFlops, "prefill", unit));
    columns.add(Column.cost("flops", Score::flops, "all", unit));
    columns.add(new Column("seconds", Score::seconds, "ms/answer", "%.1f", MILLI));
    return columns;
  }

  private static MatchCounts overall(Score score) {
    return score.outcomes().dense().overall();
  }

  private static Column count(String key, Verdict verdict, String title) {
    return Column.of(key, score -> score.outcomes().count(verdict), title, "%.0f");
  }

  /** Titles and cells as text, the titles first. */
  public static List<List<String>> table(List<Score> scores) {
    List<Column> columns = columns(Unit.of(scores), scores);
    return Stream.concat(
            Stream.of(columns.stream().map(Column::title).toList()),
            scores.stream().map(s -> columns.stream().map(column -> column.cell(s)).toList()))
        .toList();
  }

  /** Writes all files into a folder, which is made if need be. */
  public static void write(Path folder, List<Score> scores) throws IOException {
    Files.createDirectories(folder);
    FileWrites.text(folder.resolve(NAME + ".json"), json(scores));
    FileWrites.text(folder.resolve(NAME + ".csv"), csv(scores));
    FileWrites.text(folder.resolve(NAME + ".md"), markdown(scores));
    plot(folder.resolve(NAME + ".png"), scores);
  }

  /** The values as they are: operations, not millions; seconds, not milliseconds. */
  static String json(List<Score> scores) throws IOException {
    ObjectMapper mapper =
        JsonMapper.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build();
    ArrayNode rows = mapper.createArrayNode();
    for (Score score : scores) {
      ObjectNode row = rows.addObject().put("questions", score.questions());
      row.put("pictures", score.pictures());
      columns(Unit.MFLOP, scores).forEach(column -> row.put(column.key(), column.number(score)));
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(rows) + "\n";
  }

  static String csv(List<Score> scores) {
    List<Column> columns = columns(Unit.MFLOP, scores);
    String head = columns.stream().map(Column::key).collect(Collectors.joining(","));
    return scores.stream()
        .map(score ->
            columns.stream()
                .map(column -> plain(column.number(score)))
                .collect(Collectors.joining(",", "", "\n")))
        .collect(Collectors.joining("", head + "\n", ""));
  }

  static String markdown(List<Score> scores) {
    List<List<String>> rows = table(scores);
    String rule = "|" + "---:|".repeat(rows.getFirst().size()) + "\n";
    return line(rows.getFirst())
        + rule
        + rows.stream().skip(1).map(SweepFiles::line).collect(Collectors.joining());
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }

  private static String plain(@Nullable BigDecimal number) {
    return number == null ? "" : number.toPlainString();
  }

  private static void plot(Path png, List<Score> scores) throws IOException {
    List<Score> ascending = scores.reversed();
    Unit unit = Unit.of(scores);
    double[] flops = values(ascending, score -> score.flops() / unit.operations);
    double dearest = Arrays.stream(flops).max().orElseThrow();
    new TwoAxisChart(
            "Token budget: accuracy and cost, %d questions"
                .formatted(scores.getFirst().questions()),
            "token budget: share of vision tokens kept",
            values(ascending, Score::budget))
        .left("right, %", 0, PERCENT)
        .right(unit + " for a question, up to the first token", dearest * HEADROOM)
        .addLeft("answers right", values(ascending, s -> s.outcomes().rightShare() * PERCENT))
        .addLeft("tokens right", values(ascending, s -> s.tokenAccuracy() * PERCENT))
        .addRight("FLOPs, all", flops)
        .addRight(
            "FLOPs, language model", values(ascending, s -> s.prefillFlops() / unit.operations))
        .write(png);
  }

  private static double[] values(List<Score> scores, ToDoubleFunction<Score> value) {
    return scores.stream().mapToDouble(value).toArray();
  }
}
