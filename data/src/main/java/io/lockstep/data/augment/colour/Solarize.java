package io.lockstep.data.augment.colour;

import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;

/**
 * Inverts levels that are bright enough.
 *
 * @param thresholds one of which is drawn: it and higher levels are inverted; 256 inverts none
 */
public record Solarize(Interval thresholds) implements ColourOperator {

  public static final OperatorType TYPE =
      OperatorType.colour(
          "solarize", Solarize::of, Parameter.interval("threshold", 192, 256, 0, 256));

  private static Solarize of(Arguments arguments) {
    return new Solarize(arguments.interval("threshold"));
  }

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    double threshold = draws.in(thresholds);
    return Levels.mapped(
        picture, Levels.table(level -> level < threshold ? level : Levels.MOST - level));
  }
}
