package io.lockstep.data.augment.colour;

import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;

/**
 * Raises levels, as shares of the greatest, to a power; above 1 the picture becomes darker.
 *
 * @param exponents one of which is drawn
 */
public record Gamma(Interval exponents) implements ColourOperator {

  public static final OperatorType TYPE =
      OperatorType.colour("gamma", Gamma::of, Parameter.interval("gamma", 0.8, 1.25, 0.1, 10));

  private static Gamma of(Arguments arguments) {
    return new Gamma(arguments.interval("gamma"));
  }

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    double exponent = draws.in(exponents);
    return Levels.mapped(
        picture,
        Levels.table(
            level -> Levels.MOST * StrictMath.pow((double) level / Levels.MOST, exponent)));
  }
}
