package io.lockstep.data.bank;

import java.util.Optional;

/**
 * Of which samples a sample may be given pieces: a pure function of the plan of the data, the same
 * in every process.
 */
@FunctionalInterface
public interface SourceSamples {

  /**
   * One of the samples that a step may take pieces of.
   *
   * @param step in which the sample is drawn that is given something, from 0
   * @param draw 64 random bits that choose
   * @return empty if there is none, or if what was chosen has no picture
   */
  Optional<SourceSample> choose(long step, long draw);
}
