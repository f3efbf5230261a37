package io.lockstep.data.record;

import io.lockstep.data.plan.KeyedPermutation;
import io.lockstep.data.plan.SplitMix64;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Of how many records of a file a check decodes the pictures: what is damaged inside of a picture
 * whose parts are all there shows only then.
 *
 * @param records at most; all of them if there are no more
 * @param seed chooses which
 */
public record Decoding(long records, long seed) {

  /** Headers alone. */
  public static final Decoding NONE = new Decoding(0, 0);

  /** All pictures. */
  public static final Decoding ALL = new Decoding(Long.MAX_VALUE, 0);

  // Keeps the choice apart from others that are made from the same seed: "decode".
  private static final long PURPOSE = 0x6465636f6465L;

  /** The choice among so many records, numbered from 0. */
  LongPredicate of(long size) {
    if (records >= size) {
      return index -> true;
    }
    Set<Long> chosen = new HashSet<>();
    if (records > 0) {
      KeyedPermutation order = new KeyedPermutation(size, SplitMix64.mix(PURPOSE, seed));
      for (long i = 0; i < records; i++) {
        chosen.add(order.at(i));
      }
    }
    return chosen::contains;
  }
}
