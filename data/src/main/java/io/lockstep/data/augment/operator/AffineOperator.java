package io.lockstep.data.augment.operator;

import io.lockstep.data.geometry.Affine;

/** Moves pixels by an affine map; neighbouring ones are multiplied and warp the picture once. */
public non-sealed interface AffineOperator extends Operator {

  /**
   * The map in the coordinates of annotations, for a picture of that size; the size stays.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   */
  Affine matrix(int width, int height, Draws draws);
}
