package io.lockstep.data.plan;

/**
 * In which order an epoch shows samples: a function of the epoch and the place alone, known at any
 * place at once and without a list. Samples are numbered through all datasets of a run.
 */
public interface EpochOrder {

  /** How many places an epoch has. */
  long samples();

  /** The order of an epoch, from 0. */
  Epoch epoch(long epoch);

  /**
   * How many samples may stand in for one that cannot be used.
   *
   * @throws IllegalArgumentException if there is no such sample
   */
  long replacements(long sample);

  /**
   * One of those that may stand in: attempts from 0 to {@code replacements(sample) - 1} name each
   * of them exactly once.
   */
  long replacement(long epoch, long sample, int attempt);

  /** One epoch's order. */
  interface Epoch {
    /** The sample at a place, both from 0. */
    long at(long place);
  }
}
