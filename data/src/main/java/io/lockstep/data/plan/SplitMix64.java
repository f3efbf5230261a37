package io.lockstep.data.plan;

/**
 * Turns tuples such as (seed, epoch, sample) into 64 well-mixed bits, without any state.
 *
 * <p>Built on the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators", OOPSLA 2014), a bijection of 64-bit words in which every input bit flips
 * about half of the output bits.
 */
public final class SplitMix64 {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private SplitMix64() {}

  /** The finaliser itself: a bijection of 64-bit words. */
  public static long finalise(long word) {
    long z = word;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /**
   * Mixes a tuple: {@code h = 0}, then {@code h = finalise(h + gamma + part)} for every part in
   * order. Tuples that differ in one part alone never collide.
   */
  public static long mix(long... parts) {
    long h = 0;
    for (long part : parts) {
      h = finalise(h + GOLDEN_GAMMA + part);
    }
    return h;
  }

  /** Maps 64 mixed bits evenly to [0, 1), with 53 bits of resolution. */
  public static double unit(long bits) {
    return (bits >>> 11) * 0x1.0p-53;
  }
}
