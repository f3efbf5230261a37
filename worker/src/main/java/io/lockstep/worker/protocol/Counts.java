package io.lockstep.worker.protocol;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is counted of samples and tokens, by the names under which logs have it: sums over ranks
 * don't depend on who counted.
 *
 * @param values counts by name; what isn't named is 0
 */
public record Counts(SortedMap<String, Long> values) {

  /** Padding among {@link #BATCH_TOKENS}. */
  public static final String PADDING_TOKENS = "padding_tokens";

  /** Tokens of computed batches, padding included. */
  public static final String BATCH_TOKENS = "batch_tokens";

  /** Draws of samples that were longer than the limit and gave way to others. */
  public static final String DROPPED_TOO_LONG = "dropped_too_long";

  /** Draws of records that couldn't be read and gave way to others. */
  public static final String DROPPED_UNREADABLE = "dropped_unreadable";

  /** How names of what is counted of written answers begin. */
  public static final String COMPLETIONS = "completion/";

  /** Answers that the student has written. */
  public static final String COMPLETIONS_BY_STUDENT = COMPLETIONS + "student";

  /** Answers that its teacher has written. */
  public static final String COMPLETIONS_BY_TEACHER = COMPLETIONS + "teacher";

  /** Tokens of all written answers. */
  public static final String COMPLETION_TOKENS = COMPLETIONS + "tokens";

  /** Written answers that the limit has ended, not the model. */
  public static final String COMPLETIONS_CUT = COMPLETIONS + "cut";

  /** Nothing was counted. */
  public static final Counts NONE = new Counts(new TreeMap<>());

  public Counts {
    SortedMap<String, Long> counted = new TreeMap<>(values);
    counted.values().removeIf(count -> count == 0);
    values = Collections.unmodifiableSortedMap(counted);
  }

  /** These counts. */
  public static Counts of(Map<String, Long> values) {
    return new Counts(new TreeMap<>(values));
  }

  /** How often something was counted. */
  public long of(String name) {
    return values.getOrDefault(name, 0L);
  }

  /** Both together. */
  public Counts plus(Counts other) {
    return with(other, 1);
  }

  /** What was counted after the other. */
  public Counts minus(Counts other) {
    return with(other, -1);
  }

  private Counts with(Counts other, long times) {
    SortedMap<String, Long> sums = new TreeMap<>(values);
    other.values.forEach((name, count) -> sums.merge(name, times * count, Long::sum));
    return new Counts(sums);
  }
}
