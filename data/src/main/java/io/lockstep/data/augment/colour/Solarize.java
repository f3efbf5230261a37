package io.lockstep.data.augment.colour;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Inverts levels that are bright enough.
 *
 * @param thresholds one of which is drawn: it and higher levels are inverted; 256 inverts none
 */
@Key("Inverts levels that are bright enough.")
public record Solarize(
    @Key(
            name = "threshold",
            value = "One of which is drawn: it and higher levels are inverted; 256 inverts none.",
            otherwise = "[192, 256]",
            min = 0,
            max = 256)
        Interval thresholds)
    implements ColourOperator {

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    double threshold = draws.in(thresholds);
    return Levels.mapped(
        picture, Levels.table(level -> level < threshold ? level : Levels.MOST - level));
  }
}
