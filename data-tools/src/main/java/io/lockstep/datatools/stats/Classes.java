package io.lockstep.datatools.stats;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names by their number, in bounded memory: names beyond {@value #MOST} are counted together. */
final class Classes {

  private static final int MOST = 100_000;
  private static final int LONGEST = 200;
  private static final String OTHERS = "(others)";

  private final Map<String, Long> counts = new HashMap<>();

  void add(String name) {
    String kept = name.length() <= LONGEST ? name : name.substring(0, LONGEST) + "...";
    boolean room = counts.size() < MOST || counts.containsKey(kept);
    counts.merge(room ? kept : OTHERS, 1L, Long::sum);
  }

  int size() {
    return counts.size();
  }

  /** The most frequent first, equally frequent ones by name. */
  List<Map.Entry<String, Long>> byCount() {
    return counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .map(entry -> Map.entry(entry.getKey(), entry.getValue()))
        .toList();
  }
}
