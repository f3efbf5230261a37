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
 * Zooms into a picture, or out of it, around its centre; the picture keeps its size.
 *
 * @param factors one of which is drawn; above 1 things become larger
 */
public record Scale(Interval factors) implements AffineOperator {

  public static final OperatorType TYPE =
      OperatorType.affine("scale", Scale::of, Parameter.interval("scale", 0.9, 1.1, 0.1, 10));

  private static Scale of(Arguments arguments) {
    return new Scale(arguments.interval("scale"));
  }

  @Override
  public Affine matrix(int width, int height, Draws draws) {
    double factor = draws.in(factors);
    return Affine.scaling(factor, factor).around(new Point(width / 2.0, height / 2.0));
  }
}
