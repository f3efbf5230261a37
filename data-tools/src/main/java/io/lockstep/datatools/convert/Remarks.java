package io.lockstep.datatools.convert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts what was left out or changed, by reason. */
final class Remarks {

  private final Map<String, Counted> counts = new LinkedHashMap<>();

  private static final class Counted {
    private final String example;
    private long count;

    Counted(String example) {
      this.example = example;
    }
  }

  /** Notes something once more; only the first example is kept. */
  void add(String what, String example) {
    add(what, example, 1);
  }

  void add(String what, String example, long times) {
    counts.computeIfAbsent(what, key -> new Counted(example)).count += times;
  }

  List<ConversionReport.Remark> list() {
    return counts.entrySet().stream()
        .map(entry ->
            new ConversionReport.Remark(
                entry.getKey(), entry.getValue().count, entry.getValue().example))
        .toList();
  }
}
