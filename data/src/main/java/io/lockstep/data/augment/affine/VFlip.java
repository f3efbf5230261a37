package io.lockstep.data.augment.affine;

import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.geometry.Affine;

/** Mirrors a picture top and bottom. */
@Key("Mirrors a picture top and bottom.")
public record VFlip() implements AffineOperator {

  @Override
  public Affine matrix(int width, int height, Draws draws) {
    return Affine.verticalFlip(height);
  }
}
