package io.lockstep.data.augment.colour;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Raises levels, as shares of the greatest, to a power; above 1 the picture becomes darker.
 *
 * @param exponents one of which is drawn
 */
@Key("Raises levels, as shares of the greatest, to a power.")
public record Gamma(
    @Key(
            name = "gamma",
            value = "Powers, one of which is drawn; above 1 the picture becomes darker.",
            otherwise = "[0.8, 1.25]",
            min = 0.1,
            max = 10)
        Interval exponents)
    implements ColourOperator {

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    double exponent = draws.in(exponents);
    return Levels.mapped(
        picture,
        Levels.table(
            level -> Levels.MOST * StrictMath.pow((double) level / Levels.MOST, exponent)));
  }
}
