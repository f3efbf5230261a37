package io.lockstep.cli.command.data;

import io.lockstep.cli.chart.BarChart;
import io.lockstep.cli.command.JsonOption;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.console.UserError;
import io.lockstep.datatools.stats.DataStats;
import io.lockstep.datatools.stats.Histogram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lockstep data stats}. */
@Command(
    name = "stats",
    description = "Counts, sizes and lengths of a data file; in tokens, too, if a model is given.")
final class DataStatsCommand implements Callable<Integer> {

  private static final int SHOWN_KINDS = 12;
  private static final int MOST_BARS = 25;
  private static final double MEDIAN = 0.5;
  private static final double HIGH = 0.95;

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "A checkpoint's folder: also count tokens as it would.")
  private @Nullable Path model;

  @Option(names = "--out", paramLabel = "PNG", description = "Also plot into this file.")
  private @Nullable Path out;

  @Mixin private JsonOption json = new JsonOption();

  @Override
  public Integer call() throws Exception {
    DataStats stats = count();
    System.out.print(table(stats).render());
    Path png = out;
    if (png != null) {
      plot(stats, png);
      System.out.println("plot: " + png);
    }
    json.print(json(stats));
    return 0;
  }

  private DataStats count() throws IOException {
    Path folder = model;
    if (folder == null) {
      return DataStats.of(data, Optional.empty());
    }
    try (TokenLengths lengths = TokenLengths.open(folder)) {
      return DataStats.of(data, Optional.of(lengths));
    }
  }

  private static Table table(DataStats stats) {
    Table table =
        new Table()
            .row("pictures", Long.toString(stats.pictures()))
            .row("conversations", Long.toString(stats.chats()))
            .row("objects", Long.toString(stats.objects()));
    if (stats.unreadable() > 0) {
      table.row("pictures that can't be read", stats.unreadable() + ", see `lockstep data check`");
    }
    stats.geometries().forEach((name, count) -> table.row("  " + name, count.toString()));
    for (Map.Entry<String, Long> kind : shownKinds(stats)) {
      table.row("  " + kind.getKey(), kind.getValue().toString());
    }
    stats
        .histograms()
        .forEach((measure, histogram) ->
            table.row(
                measure.title(),
                "%d to %d, mean %.1f, half up to %d, 95 %% up to %d %s"
                    .formatted(
                        histogram.least(),
                        histogram.greatest(),
                        histogram.mean(),
                        histogram.quantile(MEDIAN),
                        histogram.quantile(HIGH),
                        measure.unit())));
    return table;
  }

  private static List<Map.Entry<String, Long>> shownKinds(DataStats stats) {
    return stats.kinds().subList(0, Math.min(SHOWN_KINDS, stats.kinds().size()));
  }

  private void plot(DataStats stats, Path png) throws IOException {
    List<BarChart> charts = new ArrayList<>();
    stats
        .histograms()
        .forEach((measure, histogram) -> {
          List<Histogram.Bar> bars = histogram.bars(MOST_BARS);
          charts.add(
              new BarChart(
                  measure.title(),
                  measure.unit(),
                  bars.stream().map(Histogram.Bar::label).toList(),
                  bars.stream().map(Histogram.Bar::count).toList()));
        });
    List<Map.Entry<String, Long>> kinds = shownKinds(stats);
    if (!kinds.isEmpty()) {
      charts.add(
          new BarChart(
              "Kinds of objects",
              "first level of the description",
              kinds.stream().map(Map.Entry::getKey).toList(),
              kinds.stream().map(Map.Entry::getValue).toList()));
    }
    if (charts.isEmpty()) {
      throw new UserError(data + " holds no pictures: there is nothing to plot");
    }
    BarChart.write(png, charts);
  }

  private static JsonLine json(DataStats stats) {
    Map<String, Long> kinds = new LinkedHashMap<>();
    stats.kinds().forEach(kind -> kinds.put(kind.getKey(), kind.getValue()));
    JsonLine line =
        new JsonLine()
            .put("pictures", stats.pictures())
            .put("unreadable_pictures", stats.unreadable())
            .put("conversations", stats.chats())
            .put("objects", stats.objects())
            .put("geometries", stats.geometries())
            .put("kinds", kinds);
    stats
        .histograms()
        .forEach((measure, histogram) ->
            line.put(measure.name().toLowerCase(Locale.ROOT), described(histogram)));
    return line;
  }

  private static Map<String, Object> described(Histogram histogram) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("count", histogram.count());
    values.put("least", histogram.least());
    values.put("greatest", histogram.greatest());
    values.put("mean", histogram.mean());
    values.put("median", histogram.quantile(MEDIAN));
    values.put("p95", histogram.quantile(HIGH));
    return values;
  }
}
