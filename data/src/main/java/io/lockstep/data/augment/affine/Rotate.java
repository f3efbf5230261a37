package io.lockstep.data.augment.affine;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Point;

/**
 * Turns a picture around its centre, clockwise for positive angles.
 *
 * <p>The pivot is ((W-1)/2, (H-1)/2) counted in pixels from the centre of the first one; in the
 * coordinates of annotations, where that pixel's centre is at (1/2, 1/2), it is (W/2, H/2).
 *
 * @param maxDeg degrees, one of which is drawn
 */
@Key("Turns a picture around its centre, clockwise for positive angles.")
public record Rotate(
    @Key(
            value = "Degrees, one of which is drawn.",
            otherwise = "15",
            min = -180,
            max = 180,
            form = Turn.class)
        Interval maxDeg)
    implements AffineOperator {

  private static final double HALF_PIXEL = 0.5;

  @Override
  public Affine matrix(int width, int height, Draws draws) {
    Point pivot = new Point((width - 1) / 2.0 + HALF_PIXEL, (height - 1) / 2.0 + HALF_PIXEL);
    return Affine.rotation(draws.in(maxDeg)).around(pivot);
  }
}
