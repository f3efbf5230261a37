package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.augment.operator.Arguments;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.augment.operator.Interval;
import io.lockstep.data.augment.operator.OperatorType;
import io.lockstep.data.augment.operator.Parameter;
import io.lockstep.data.image.RgbImage;

/**
 * Changes brightness, then contrast around the mean brightness, then saturation, each by a drawn
 * factor; 1 changes nothing.
 */
public record ColorJitter(Interval brightness, Interval contrast, Interval saturation)
    implements ColourOperator {

  public static final OperatorType TYPE =
      OperatorType.colour(
          "color_jitter",
          ColorJitter::of,
          Parameter.interval("brightness", 0.8, 1.2, 0, 4),
          Parameter.interval("contrast", 0.8, 1.2, 0, 4),
          Parameter.interval("saturation", 0.8, 1.2, 0, 4));

  private static final int FRACTION = 12;

  private static ColorJitter of(Arguments arguments) {
    return new ColorJitter(
        arguments.interval("brightness"),
        arguments.interval("contrast"),
        arguments.interval("saturation"));
  }

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

  /** Looks levels up, then moves them away from the pixel's brightness. */
  private static RgbImage saturated(RgbImage picture, byte[] table, int factor) {
    byte[] from = picture.rgb();
    byte[] to = new byte[from.length];
    int half = 1 << (FRACTION - 1);
    for (int i = 0; i < from.length; i += CHANNELS) {
      int red = table[from[i] & 0xFF] & 0xFF;
      int green = table[from[i + 1] & 0xFF] & 0xFF;
      int blue = table[from[i + 2] & 0xFF] & 0xFF;
      int luma = Levels.luma(red, green, blue);
      int base = (luma << FRACTION) + half;
      to[i] = (byte) Math.clamp((base + (red - luma) * factor) >> FRACTION, 0, Levels.MOST);
      to[i + 1] = (byte) Math.clamp((base + (green - luma) * factor) >> FRACTION, 0, Levels.MOST);
      to[i + 2] = (byte) Math.clamp((base + (blue - luma) * factor) >> FRACTION, 0, Levels.MOST);
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }
}
