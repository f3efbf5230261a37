package io.lockstep.model.budget;

import java.util.stream.IntStream;

/**
 * The vision tokens of one picture that are kept.
 *
 * @param of number of tokens the picture has
 * @param indices the kept ones in order, from 0 to {@code of - 1}; not copied, not to be changed
 */
@SuppressWarnings("ArrayRecordComponent")
public record KeptTokens(int of, int[] indices) {

  /** Checks that at least one is kept, each once and in order. */
  public KeptTokens {
    boolean ascending =
        IntStream.range(1, indices.length).allMatch(i -> indices[i - 1] < indices[i]);
    if (indices.length == 0 || !ascending || indices[0] < 0 || indices[indices.length - 1] >= of) {
      throw new IllegalArgumentException(
          "kept tokens must be at least one of 0 to %d, each once and in order".formatted(of - 1));
    }
  }

  /** Every token. */
  public static KeptTokens all(int of) {
    return new KeptTokens(of, IntStream.range(0, of).toArray());
  }

  /** How many are kept. */
  public int count() {
    return indices.length;
  }

  /** Whether nothing is left out. */
  public boolean isAll() {
    return indices.length == of;
  }
}
