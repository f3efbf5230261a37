package io.lockstep.model.batch;

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

  /** How many there are. */
  public int count() {
    return rows.length;
  }
}
