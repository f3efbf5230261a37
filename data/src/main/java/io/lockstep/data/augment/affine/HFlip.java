package io.lockstep.data.augment.affine;

import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.geometry.Affine;

/** Mirrors a picture left and right. */
@Key("Mirrors a picture left and right.")
public record HFlip() implements AffineOperator {

  @Override
  public Affine matrix(int width, int height, Draws draws) {
    return Affine.horizontalFlip(width);
  }
}
