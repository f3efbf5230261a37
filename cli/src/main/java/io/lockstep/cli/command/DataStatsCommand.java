package io.lockstep.cli.command;

import io.lockstep.cli.chart.BarChart;
import io.lockstep.cli.console.JsonLine;
import io.lockstep.cli.console.Table;
import io.lockstep.cli.console.UserError;
import io.lockstep.cli.stats.DataStats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lockstep data stats}. */
@Command(name = "stats", description = "Counts, lengths and kinds of objects of a data file.")
final class DataStatsCommand implements Callable<Integer> {

  private static final int SHOWN_KINDS = 12;

  @Option(names = "--data", required = true, paramLabel = "FILE", description = "A JSONL file.")
  private Path data = Path.of("");

  @Option(names = "--out", paramLabel = "PNG", description = "Also plot into this file.")
  private @Nullable Path out;

  @Option(names = "--json", description = "Print one JSON object at the end.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    DataStats stats = DataStats.of(data);
    Table table =
        new Table()
            .row("pictures", Long.toString(stats.pictures()))
            .row("texts", Long.toString(stats.chats()))
            .row("objects", Long.toString(stats.objects()));
    stats.geometries().forEach((name, count) -> table.row("  " + name, count.toString()));
    table.row("objects per picture", range(stats.objectsPerPicture()));
    table.row("summary characters", range(stats.summaryCharacters()));
    for (Map.Entry<String, Long> kind : shownKinds(stats)) {
      table.row("  " + kind.getKey(), kind.getValue().toString());
    }
    System.out.print(table.render());
    Path png = out;
    if (png != null) {
      plot(stats, png);
      System.out.println("plot: " + png);
    }
    if (json) {
      System.out.println(json(stats));
    }
    return 0;
  }

  private static List<Map.Entry<String, Long>> shownKinds(DataStats stats) {
    return stats.kinds().subList(0, Math.min(SHOWN_KINDS, stats.kinds().size()));
  }

  /** Least, mean and greatest of a histogram. */
  private static String range(Map<Integer, Long> histogram) {
    if (histogram.isEmpty()) {
      return "-";
    }
    long count = histogram.values().stream().mapToLong(Long::longValue).sum();
    long sum = histogram.entrySet().stream().mapToLong(e -> e.getKey() * e.getValue()).sum();
    List<Integer> keys = new ArrayList<>(histogram.keySet());
    return "%d..%d, mean %.1f".formatted(keys.getFirst(), keys.getLast(), (double) sum / count);
  }

  private void plot(DataStats stats, Path png) throws IOException {
    List<BarChart> charts = new ArrayList<>();
    addHistogram(charts, "Objects per picture", "objects", stats.objectsPerPicture());
    addHistogram(charts, "Length of summaries", "characters", stats.summaryCharacters());
    Map<String, Long> kinds = new LinkedHashMap<>();
    shownKinds(stats).forEach(kind -> kinds.put(kind.getKey(), kind.getValue()));
    addHistogram(charts, "Kinds of objects", "first level of the description", kinds);
    if (charts.isEmpty()) {
      throw new UserError(data + " holds no pictures: there is nothing to plot");
    }
    BarChart.write(png, charts);
  }

  private static <K> void addHistogram(
      List<BarChart> charts, String title, String axis, Map<K, Long> histogram) {
    if (!histogram.isEmpty()) {
      charts.add(
          new BarChart(
              title, axis, List.copyOf(histogram.keySet()), List.copyOf(histogram.values())));
    }
  }

  private static JsonLine json(DataStats stats) {
    Map<String, Long> kinds = new LinkedHashMap<>();
    stats.kinds().forEach(kind -> kinds.put(kind.getKey(), kind.getValue()));
    return new JsonLine()
        .put("pictures", stats.pictures())
        .put("texts", stats.chats())
        .put("objects", stats.objects())
        .put("geometries", stats.geometries())
        .put("objects_per_picture", stats.objectsPerPicture())
        .put("summary_characters", stats.summaryCharacters())
        .put("kinds", kinds);
  }
}
