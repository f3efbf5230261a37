package io.lockstep.data.augment.operator;

import io.lockstep.data.plan.SplitMix64;

/**
 * Which sample of which epoch is augmented: all randomness derives from it and from an operator's
 * index, so that the same sample gets the same pixels on any worker, in any thread, in any order.
 *
 * @param seed the run's seed
 * @param epoch the pass over the data, from 0
 * @param sample the record's index in the dataset, from 0
 */
public record SampleKey(long seed, long epoch, long sample) {

  /** Keeps these draws apart from others that are made from the same seed, epoch and sample. */
  private static final long PURPOSE = 0x6175676dL;

  /**
   * A fresh sequence of random numbers.
   *
   * @param operatorIndex the operator's place in the configuration, from 0; negative ones are the
   *     pipeline's own
   */
  public Draws draws(int operatorIndex) {
    return new Draws(SplitMix64.mix(PURPOSE, seed, epoch, sample, operatorIndex));
  }

  /** The key of one of several pictures of a record; the first one's is the record's own. */
  public SampleKey ofPicture(int index) {
    return index == 0 ? this : new SampleKey(SplitMix64.mix(PURPOSE, seed, index), epoch, sample);
  }
}
