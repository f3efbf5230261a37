package io.lockstep.data.augment.operator;

import io.lockstep.data.image.RgbImage;

/** Changes colours only; works once all geometry is done. */
public non-sealed interface ColourOperator extends Operator {

  /** A picture of the same size, with pixels of its own or, if nothing changes, the given one. */
  RgbImage apply(RgbImage picture, Draws draws);
}
