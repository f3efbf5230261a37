package io.lockstep.model.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The positions of a batch that predict a supervised token: position t predicts the label of t + 1.
 *
 * @param rows rows of the flattened batch [B * T]
 * @param labels the token wanted after each of them
 */
@SuppressWarnings("ArrayRecordComponent")
public record Targets(long[] rows, long[] labels) {

  /** All of a batch, in order. */
  public static Targets of(Batch batch) {
    int count = batch.supervisedTokens();
    long[] rows = new long[count];
    long[] labels = new long[count];
    int next = 0;
    for (int row = 0; row < batch.rows(); row++) {
      for (int t = 1; t < batch.length(); t++) {
        int at = row * batch.length() + t;
        if (batch.labels()[at] != Sample.IGNORED) {
          rows[next] = at - 1L;
          labels[next++] = batch.labels()[at];
        }
      }
    }
    return new Targets(rows, labels);
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
          new Targets(Arrays.copyOfRange(rows, from, to), Arrays.copyOfRange(labels, from, to)));
    }
    return parts;
  }

  /** How many there are. */
  public int count() {
    return rows.length;
  }
}
