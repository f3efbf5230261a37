package io.lockstep.model.align;

/** By how much of its largest value each row of a tensor may differ. */
@FunctionalInterface
public interface RowLimits {

  /** The limit of a row, from 0. */
  double limit(long row);
}
