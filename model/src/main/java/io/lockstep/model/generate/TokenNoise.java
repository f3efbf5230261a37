package io.lockstep.model.generate;

/**
 * The randomness of an answer: a number for each (seed, position of the new token, token), and for
 * nothing else, so that neither the batch nor the order of computation changes it.
 *
 * <p>Seed and position choose a SplitMix64 stream (Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014); token t has number t of that stream.
 */
final class TokenNoise {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
  private static final int UNUSED_BITS = 11;

  private final long start;

  /**
   * The noise of one token.
   *
   * @param position 0 for the first token of the answer
   */
  TokenNoise(long seed, int position) {
    start = finalise(finalise(seed + GOLDEN_GAMMA) + GOLDEN_GAMMA + position);
  }

  /** A number from the exponential distribution of mean 1; above 0. */
  double exponential(int token) {
    long bits = finalise(start + GOLDEN_GAMMA * (token + 1L));
    return -StrictMath.log(((bits >>> UNUSED_BITS) + 0.5) * 0x1.0p-53);
  }

  private static long finalise(long word) {
    long z = word;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
