package io.lockstep.model.batch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Divides samples into groups of similar length, so that little of what is computed is padding.
 *
 * <p>A group costs its rows times its longest sample, in tokens, and {@value #PASS_TOKENS} tokens
 * for one more pass through the model. The division is the cheapest one into runs of the samples in
 * order of length. It depends on the lengths and their order alone, so every worker divides a
 * micro-batch alike.
 */
public final class LengthGroups {

  /** What a pass costs whatever its size: about as much as this many tokens of a small model. */
  static final int PASS_TOKENS = 64;

  private LengthGroups() {}

  /** The samples in groups, from short to long; samples of one length keep their order. */
  public static List<List<Sample>> of(List<Sample> samples) {
    return of(samples, sample -> sample.tokens().length);
  }

  /** The same of whatever has a length in tokens. */
  public static <T> List<List<T>> of(List<T> rows, ToIntFunction<T> length) {
    List<T> ordered = rows.stream().sorted(Comparator.comparingInt(length)).toList();
    int[] lengths = ordered.stream().mapToInt(length).toArray();
    List<List<T>> groups = new ArrayList<>();
    int[] starts = starts(lengths);
    for (int end = lengths.length; end > 0; end = starts[end]) {
      groups.addFirst(List.copyOf(ordered.subList(starts[end], end)));
    }
    return List.copyOf(groups);
  }

  /**
   * For each end, where the last group of the cheapest division of the samples before it starts.
   */
  private static int[] starts(int[] ascending) {
    int[] starts = new int[ascending.length + 1];
    long[] cheapest = new long[ascending.length + 1];
    for (int end = 1; end <= ascending.length; end++) {
      cheapest[end] = Long.MAX_VALUE;
      for (int start = 0; start < end; start++) {
        long cost = cheapest[start] + (long) (end - start) * ascending[end - 1] + PASS_TOKENS;
        if (cost < cheapest[end]) {
          cheapest[end] = cost;
          starts[end] = start;
        }
      }
    }
    return starts;
  }
}
