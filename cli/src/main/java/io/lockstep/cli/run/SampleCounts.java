package io.lockstep.cli.run;

import io.lockstep.data.augment.OperatorCounts;
import io.lockstep.worker.metrics.CountLog;
import io.lockstep.worker.protocol.Counts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What was counted of a run's samples and tokens over all ranks, in words. */
public record SampleCounts(Counts counts) {

  private static final String APPLIED = "_applied";
  private static final String SKIPPED = "_skipped";
  private static final String REASON = "_skipped_";
  private static final String DROPPED = "_objects_dropped";

  /** Of the run in a folder. */
  public static SampleCounts read(Path runFolder) throws IOException {
    return new SampleCounts(CountLog.total(runFolder));
  }

  /** The share of padding among the tokens that were computed; empty if none was. */
  public Optional<String> padding() {
    long tokens = counts.of(Counts.BATCH_TOKENS);
    return tokens == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%.1f %% of %d computed tokens",
                100.0 * counts.of(Counts.PADDING_TOKENS) / tokens,
                tokens));
  }

  /** How many samples gave way to others. */
  public String dropped() {
    return "%d too long, %d unreadable"
        .formatted(counts.of(Counts.DROPPED_TOO_LONG), counts.of(Counts.DROPPED_UNREADABLE));
  }

  /** What each operator of the augmentation did, a line each; none without augmentation. */
  public List<String> operators() {
    SortedMap<String, List<String>> words = new TreeMap<>();
    for (String name : names()) {
      long applied = counts.of(OperatorCounts.PREFIX + name + APPLIED);
      long skipped = counts.of(OperatorCounts.PREFIX + name + SKIPPED);
      List<String> parts = new ArrayList<>();
      parts.add("%d of %d pictures".formatted(applied, applied + skipped));
      String reasons = OperatorCounts.PREFIX + name + REASON;
      counts
          .values()
          .forEach((key, count) -> {
            if (key.startsWith(reasons)) {
              parts.add("%d skipped (%s)".formatted(count, key.substring(reasons.length())));
            }
          });
      long dropped = counts.of(OperatorCounts.PREFIX + name + DROPPED);
      if (dropped > 0) {
        parts.add("%d objects dropped".formatted(dropped));
      }
      words.put(name, parts);
    }
    return words.entrySet().stream()
        .map(each -> each.getKey() + " " + String.join(", ", each.getValue()))
        .toList();
  }

  private List<String> names() {
    return counts.values().keySet().stream()
        .filter(key -> key.startsWith(OperatorCounts.PREFIX))
        .filter(key -> key.endsWith(APPLIED) || key.endsWith(SKIPPED))
        .map(key -> key.substring(OperatorCounts.PREFIX.length(), key.lastIndexOf('_')))
        .distinct()
        .toList();
  }

  /** All of it for the end of a run; empty if nothing was computed. */
  public String summary() {
    if (padding().isEmpty()) {
      return "";
    }
    StringBuilder summary =
        new StringBuilder(
            "padding: %s%ndropped samples: %s%n".formatted(padding().get(), dropped()));
    operators().forEach(each -> summary.append("augmentation: ").append(each).append('\n'));
    return summary.toString();
  }
}
