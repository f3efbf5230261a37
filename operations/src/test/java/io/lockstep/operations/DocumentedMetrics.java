package io.lockstep.operations;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The metrics that docs/operations.md lists, and those that a process exposes. */
public final class DocumentedMetrics {

  private static final Pattern ROW = Pattern.compile("\\| `(lockstep_[a-z0-9_]+)[`{].*");

  private DocumentedMetrics() {}

  /** Names in the tables of docs/operations.md. */
  public static Set<String> listed() throws IOException {
    Set<String> names = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "operations.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        names.add(row.group(1));
      }
    }
    return names;
  }

  /** Those of a process, such as {@code worker}. */
  public static Set<String> listed(String process) throws IOException {
    Set<String> names = new TreeSet<>(listed());
    names.removeIf(name -> !name.startsWith("lockstep_" + process + "_"));
    return names;
  }

  /** Names of ours that a process registers, as they are scraped. */
  public static Set<String> exposed(PrometheusRegistry registry) {
    Set<String> names = new TreeSet<>();
    for (MetricSnapshot snapshot : registry.scrape()) {
      String name = snapshot.getMetadata().getPrometheusName();
      if (name.startsWith("lockstep_")) {
        names.add(snapshot instanceof CounterSnapshot ? name + "_total" : name);
      }
    }
    return names;
  }
}
