package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Moves pixels away from the weighted mean of their 3x3 neighbourhood, in which they count five
 * times, or towards it; the outermost ones stay.
 *
 * @param factors one of which is drawn: 0 smooths, 1 changes nothing, above 1 sharpens
 */
@Key("Moves pixels away from the mean around them, or towards it.")
public record Sharpness(
    @Key(
            name = "sharpness",
            value =
                "Factors, one of which is drawn: 0 smooths, 1 changes nothing, above 1 sharpens.",
            otherwise = "[0.5, 1.5]",
            min = 0,
            max = 4)
        Interval factors)
    implements ColourOperator {

  private static final int FRACTION = 12;

  /** A thirteenth, in 65536ths, and half of thirteen. */
  private static final int THIRTEENTH = 5_042;

  private static final int HALF_OF_THIRTEEN = 6;

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    int factor = (int) Math.rint(draws.in(factors) * (1 << FRACTION));
    byte[] from = picture.rgb();
    byte[] to = from.clone();
    int stride = picture.width() * CHANNELS;
    int[] columns = new int[stride];
    for (int y = 1; y < picture.height() - 1; y++) {
      row(from, to, y * stride, stride, columns, factor);
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }

  private static void row(
      byte[] from, byte[] to, int begin, int stride, int[] columns, int factor) {
    int above = begin - stride;
    int below = begin + stride;
    for (int i = 0; i < stride; i++) {
      columns[i] = (from[above + i] & 0xFF) + (from[begin + i] & 0xFF) + (from[below + i] & 0xFF);
    }
    int half = 1 << (FRACTION - 1);
    for (int i = CHANNELS; i < stride - CHANNELS; i++) {
      int level = from[begin + i] & 0xFF;
      int sum = columns[i - CHANNELS] + columns[i] + columns[i + CHANNELS] + 4 * level;
      int smooth = ((sum + HALF_OF_THIRTEEN) * THIRTEENTH) >> 16;
      int moved = ((smooth << FRACTION) + (level - smooth) * factor + half) >> FRACTION;
      to[begin + i] = (byte) Math.min(Math.max(moved, 0), Levels.MOST);
    }
  }
}
