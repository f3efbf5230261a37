package io.lockstep.model.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * The positions of a batch that predict a supervised token: position t predicts the label of t + 1.
 *
 * @param rows rows of the flattened batch [B * T]
 * @param labels the token wanted after each of them
 * @param marks what is known of that token besides, {@link Marks}
 */
@SuppressWarnings("ArrayRecordComponent")
public record Targets(long[] rows, long[] labels, byte[] marks) {

  /** Targets of which nothing more is known. */
  public Targets(long[] rows, long[] labels) {
    this(rows, labels, new byte[rows.length]);
  }

  /** All of a batch, in order. */
  public static Targets of(Batch batch) {
    int count = batch.supervisedTokens();
    long[] rows = new long[count];
    long[] labels = new long[count];
    byte[] marks = new byte[count];
    int next = 0;
    for (int row = 0; row < batch.rows(); row++) {
      for (int t = 1; t < batch.length(); t++) {
        int at = row * batch.length() + t;
        if (batch.labels()[at] != Sample.IGNORED) {
          rows[next] = at - 1L;
          marks[next] = batch.marks().length == 0 ? 0 : batch.marks()[at];
          labels[next++] = batch.labels()[at];
        }
      }
    }
    return new Targets(rows, labels, marks);
  }

  /**
   * To which group each of them belongs.
   *
   * @param batch what they are of
   * @param groupOfRow the group of each row of the batch
   */
  public int[] groups(Batch batch, int[] groupOfRow) {
    int[] groups = new int[rows.length];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = groupOfRow[Math.toIntExact(rows[i] / batch.length())];
    }
    return groups;
  }

  /**
   * These in parts that follow each other, of so many at most.
   *
   * @param most at least 1
   */
  public List<Targets> parts(int most) {
    List<Targets> parts = new ArrayList<>();
    for (int from = 0; from < rows.length; from += most) {
      int to = Math.min(rows.length, from + most);
      parts.add(
          new Targets(
              Arrays.copyOfRange(rows, from, to),
              Arrays.copyOfRange(labels, from, to),
              Arrays.copyOfRange(marks, from, to)));
    }
    return parts;
  }

  /** The same, of which only those with such marks count. */
  public Targets only(Predicate<Byte> marked) {
    long[] own = labels.clone();
    for (int i = 0; i < own.length; i++) {
      if (!marked.test(marks[i])) {
        own[i] = Sample.IGNORED;
      }
    }
    return new Targets(rows, own, marks);
  }

  /** How many there are. */
  public int count() {
    return rows.length;
  }
}
