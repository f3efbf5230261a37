package io.lockstep.data.augment.colour;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Keeps the upper bits of every level.
 *
 * @param bits how many, one of the whole numbers of which is drawn
 */
@Key("Keeps the upper bits of every level.")
public record Posterize(
    @Key(
            value = "How many, one of the whole numbers of which is drawn.",
            otherwise = "[5, 8]",
            min = 1,
            max = 8)
        Interval bits)
    implements ColourOperator {

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    int kept = draws.integer((int) Math.rint(bits.low()), (int) Math.rint(bits.high()));
    int mask = Levels.MOST << (Byte.SIZE - kept) & Levels.MOST;
    return Levels.mapped(picture, Levels.table(level -> level & mask));
  }
}
