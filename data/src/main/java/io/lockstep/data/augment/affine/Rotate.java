package io.lockstep.data.augment.affine;

import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;

/**
 * Turns a picture around its centre, clockwise for positive angles.
 *
 * <p>The pivot is ((W-1)/2, (H-1)/2) counted in pixels from the centre of the first one; in the
 * coordinates of annotations, where that pixel's centre is at (1/2, 1/2), it is (W/2, H/2).
 *
 * @param degrees one of which is drawn
 */
public record Rotate(Interval degrees) implements AffineOperator {

  public static final OperatorType TYPE =
      OperatorType.affine("rotate", Rotate::of, Parameter.interval("degrees", -15, 15, -180, 180));

  private static final double HALF_PIXEL = 0.5;

  private static Rotate of(Arguments arguments) {
    return new Rotate(arguments.interval("degrees"));
  }

  @Override
  public Affine matrix(int width, int height, Draws draws) {
    Point pivot = new Point((width - 1) / 2.0 + HALF_PIXEL, (height - 1) / 2.0 + HALF_PIXEL);
    return Affine.rotation(draws.in(degrees)).around(pivot);
  }
}
