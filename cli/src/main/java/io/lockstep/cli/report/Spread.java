package io.lockstep.cli.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Chooses a few of many such that each kind is among them; the same ones every time. */
final class Spread {

  private Spread() {}

  /**
   * Indices of at most {@code count} items, ascending. Kinds take turns, so that a rare one isn't
   * lost; those of a kind stand at equal distances.
   */
  static <T> List<Integer> of(List<T> items, int count, Function<T, ?> kind) {
    Map<Object, List<Integer>> byKind = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      byKind.computeIfAbsent(kind.apply(items.get(i)), key -> new ArrayList<>()).add(i);
    }
    Map<Object, Integer> quotas = new LinkedHashMap<>();
    int left = Math.min(count, items.size());
    while (left > 0) {
      for (Map.Entry<Object, List<Integer>> entry : byKind.entrySet()) {
        int taken = quotas.getOrDefault(entry.getKey(), 0);
        if (left > 0 && taken < entry.getValue().size()) {
          quotas.put(entry.getKey(), taken + 1);
          left--;
        }
      }
    }
    return quotas.entrySet().stream()
        .flatMap(quota -> {
          List<Integer> all = byKind.getOrDefault(quota.getKey(), List.of());
          int taken = quota.getValue();
          return IntStream.range(0, taken).mapToObj(i -> all.get(i * all.size() / taken));
        })
        .sorted()
        .toList();
  }
}
