package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Changes brightness, then contrast around the mean brightness, then saturation, each by a drawn
 * factor; 1 changes nothing.
 */
@Key(
    "Changes brightness, then contrast around the mean brightness, then saturation; a factor of 1 changes nothing.")
public record ColorJitter(
    @Key(value = "Factors, one of which is drawn.", otherwise = "[0.8, 1.2]", min = 0, max = 4)
        Interval brightness,
    @Key(value = "Factors, one of which is drawn.", otherwise = "[0.8, 1.2]", min = 0, max = 4)
        Interval contrast,
    @Key(value = "Factors, one of which is drawn.", otherwise = "[0.8, 1.2]", min = 0, max = 4)
        Interval saturation)
    implements ColourOperator {

  private static final int FRACTION = 12;

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    double bright = draws.in(brightness);
    double sharp = draws.in(contrast);
    int saturated = (int) Math.rint(draws.in(saturation) * (1 << FRACTION));
    double mean = Math.min(Levels.MOST, Levels.meanLuma(picture) * bright);
    byte[] table = Levels.table(level -> mean + (level * bright - mean) * sharp);
    return saturated == 1 << FRACTION
        ? Levels.mapped(picture, table)
        : saturated(picture, table, saturated);
  }

  /**
   * Looks levels up, then moves them away from the pixel's brightness: every channel becomes {@code
   * luma + (level - luma) factor}. Tables hold each level's share in luma and its product with the
   * factor.
   */
  private static RgbImage saturated(RgbImage picture, byte[] table, int factor) {
    int[] product = new int[Levels.COUNT];
    int[] red = new int[Levels.COUNT];
    int[] green = new int[Levels.COUNT];
    int[] blue = new int[Levels.COUNT];
    for (int level = 0; level < Levels.COUNT; level++) {
      int changed = table[level] & 0xFF;
      product[level] = changed * factor;
      red[level] = changed * Levels.RED + Levels.LUMA_HALF;
      green[level] = changed * Levels.GREEN;
      blue[level] = changed * Levels.BLUE;
    }
    int away = (1 << FRACTION) - factor;
    int half = 1 << (FRACTION - 1);
    byte[] from = picture.rgb();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length - 2; i += CHANNELS) {
      int r = from[i] & 0xFF;
      int g = from[i + 1] & 0xFF;
      int b = from[i + 2] & 0xFF;
      int base = ((red[r] + green[g] + blue[b]) >>> Levels.LUMA_BITS) * away + half;
      to[i] = level((base + product[r]) >> FRACTION);
      to[i + 1] = level((base + product[g]) >> FRACTION);
      to[i + 2] = level((base + product[b]) >> FRACTION);
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }

  private static byte level(int value) {
    return (byte) Math.min(Math.max(value, 0), Levels.MOST);
  }
}
