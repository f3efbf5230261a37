package io.lockstep.data.plan;

/**
 * A pseudo-random bijection of [0, size) in O(1) memory, each place computed in O(1) time.
 *
 * <p>A balanced Feistel network permutes the smallest domain of an even number of bits that covers
 * the size; places that it throws out of [0, size) are sent through it again until they land inside
 * (cycle walking; Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). The domain is
 * less than four times the size, so a place takes fewer than four walks on average.
 */
public final class KeyedPermutation {

  /** The largest permitted size. */
  public static final long MAX_SIZE = 1L << 62;

  private static final int ROUNDS = 8;

  private final long size;
  private final int halfBits;
  private final long halfMask;
  private final long[] roundKeys = new long[ROUNDS];

  /**
   * Prepares the permutation that belongs to a key.
   *
   * @param size how many places there are, 1 to 2^62
   * @param key any word; {@link SplitMix64#mix} of (seed, epoch) for an epoch
   */
  public KeyedPermutation(long size, long key) {
    if (size < 1 || size > MAX_SIZE) {
      throw new IllegalArgumentException(
          "a permutation needs between 1 and 2^62 places, got " + size);
    }
    this.size = size;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    this.halfBits = Math.max(1, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
    for (int round = 0; round < ROUNDS; round++) {
      roundKeys[round] = SplitMix64.mix(key, round);
    }
  }

  /** How many places there are. */
  public long size() {
    return size;
  }

  /** The image of a place; both lie in [0, size). */
  public long at(long place) {
    if (place < 0 || place >= size) {
      throw new IndexOutOfBoundsException("place " + place + " is outside of 0.." + (size - 1));
    }
    long walked = place;
    do {
      walked = encrypt(walked);
    } while (walked >= size);
    return walked;
  }

  private long encrypt(long word) {
    long left = word >>> halfBits;
    long right = word & halfMask;
    for (long roundKey : roundKeys) {
      long next = left ^ (SplitMix64.finalise(right ^ roundKey) & halfMask);
      left = right;
      right = next;
    }
    return (left << halfBits) | right;
  }
}
