package io.lockstep.data.plan;

/**
 * Every sample of one dataset once an epoch, in the order of a {@link KeyedPermutation} that
 * belongs to (seed, epoch).
 *
 * @param samples how many records the dataset has
 * @param seed the run's seed
 */
public record WholeDataset(long samples, long seed) implements EpochOrder {

  /** Checks that there is something to order. */
  public WholeDataset {
    if (samples < 1 || samples > KeyedPermutation.MAX_SIZE) {
      throw new IllegalArgumentException(
          "a plan needs between 1 and 2^62 samples, got " + samples + "; check the dataset's file");
    }
  }

  @Override
  public Epoch epoch(long epoch) {
    return new KeyedPermutation(samples, SplitMix64.mix(seed, epoch))::at;
  }

  @Override
  public long replacements(long sample) {
    if (sample < 0 || sample >= samples) {
      throw new IllegalArgumentException("sample " + sample + " is outside of 0.." + (samples - 1));
    }
    return samples - 1;
  }

  @Override
  public long replacement(long epoch, long sample, int attempt) {
    return Replacements.of(samples, SplitMix64.mix(seed, epoch, sample), sample, attempt);
  }
}
