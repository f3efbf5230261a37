package io.lockstep.coordinator;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was counted of the samples and tokens of a step, or of a part of it.
 *
 * @param values counts by name; what isn't named is 0
 */
public record StepCounts(SortedMap<String, Long> values) {

  /** Nothing was counted. */
  public static final StepCounts NONE = new StepCounts(new TreeMap<>());

  /** Most names: two or more for each operator of an augmentation. */
  private static final int MOST = 512;

  private static final int LONGEST_NAME = 128;

  public StepCounts {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  /** Both together. */
  public StepCounts plus(StepCounts other) {
    SortedMap<String, Long> sums = new TreeMap<>(values);
    other.values.forEach((name, count) -> sums.merge(name, count, Long::sum));
    return new StepCounts(sums);
  }

  /** What is wrong with the counts of a virtual rank; empty if nothing is. */
  public Optional<String> problem() {
    if (values.size() > MOST) {
      return Optional.of("counts %d things, more than %d".formatted(values.size(), MOST));
    }
    for (Map.Entry<String, Long> each : values.entrySet()) {
      if (each.getKey().isEmpty() || each.getKey().length() > LONGEST_NAME || each.getValue() < 0) {
        return Optional.of("counts %d of '%s'".formatted(each.getValue(), each.getKey()));
      }
    }
    return Optional.empty();
  }
}
