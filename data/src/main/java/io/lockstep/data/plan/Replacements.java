package io.lockstep.data.plan;

/** The samples of a dataset that stand in for one of them, in a keyed order. */
public final class Replacements {

  private Replacements() {}

  /**
   * The sample that an attempt names: attempts 0 to {@code size - 2} name every other one once.
   *
   * @param size samples of the dataset
   * @param key made of seed, epoch and sample
   * @param sample the one that is replaced
   */
  public static long of(long size, long key, long sample, int attempt) {
    long other = new KeyedPermutation(size - 1, key).at(attempt);
    return other < sample ? other : other + 1;
  }
}
