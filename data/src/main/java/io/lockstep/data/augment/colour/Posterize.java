package io.lockstep.data.augment.colour;

import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.image.RgbImage;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Interval;
import io.lockstep.data.parameter.Parameter;

/**
 * Keeps the upper bits of every level.
 *
 * @param bits how many, one of the whole numbers of which is drawn
 */
public record Posterize(Interval bits) implements ColourOperator {

  public static final OperatorType TYPE =
      OperatorType.colour("posterize", Posterize::of, Parameter.interval("bits", 5, 8, 1, 8));

  private static Posterize of(Arguments arguments) {
    return new Posterize(arguments.interval("bits"));
  }

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    int kept = draws.integer((int) Math.rint(bits.low()), (int) Math.rint(bits.high()));
    int mask = Levels.MOST << (Byte.SIZE - kept) & Levels.MOST;
    return Levels.mapped(picture, Levels.table(level -> level & mask));
  }
}
