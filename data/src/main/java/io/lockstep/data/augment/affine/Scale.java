package io.lockstep.data.augment.affine;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.AffineOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Point;

/**
 * Zooms into a picture, or out of it, around its centre; the picture keeps its size.
 *
 * @param factors one of which is drawn; above 1 things become larger
 */
@Key("Zooms into a picture, or out of it, around its centre; the picture keeps its size.")
public record Scale(
    @Key(
            name = "scale",
            value = "Factors, one of which is drawn; above 1 things become larger.",
            otherwise = "[0.9, 1.1]",
            min = 0.1,
            max = 10)
        Interval factors)
    implements AffineOperator {

  @Override
  public Affine matrix(int width, int height, Draws draws) {
    double factor = draws.in(factors);
    return Affine.scaling(factor, factor).around(new Point(width / 2.0, height / 2.0));
  }
}
