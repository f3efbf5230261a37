package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.config.Interval;
import io.lockstep.config.Key;
import io.lockstep.data.augment.operator.ColourOperator;
import io.lockstep.data.augment.operator.Draws;
import io.lockstep.data.image.RgbImage;

/**
 * Shifts hue, and multiplies saturation and value, in the hexcone model (Smith, "Color gamut
 * transform pairs", 1978).
 *
 * @param hue degrees
 * @param saturation factor
 * @param value factor
 */
@Key("Shifts hue, and multiplies saturation and value, in the hexcone model.")
public record Hsv(
    @Key(value = "Degrees, one of which is drawn.", otherwise = "[-8, 8]", min = -180, max = 180)
        Interval hue,
    @Key(value = "Factors, one of which is drawn.", otherwise = "[0.8, 1.2]", min = 0, max = 4)
        Interval saturation,
    @Key(value = "Factors, one of which is drawn.", otherwise = "[0.8, 1.2]", min = 0, max = 4)
        Interval value)
    implements ColourOperator {

  /** Hues are counted in sixths of the circle, with this many fractional bits. */
  private static final int HUE_BITS = 10;

  private static final int SIXTH = 1 << HUE_BITS;
  private static final int CIRCLE = 6 * SIXTH;
  private static final double DEGREES = 360;

  /** Saturations have this many fractional bits. */
  private static final int BITS = 16;

  private static final int ONE = 1 << BITS;

  @Override
  public RgbImage apply(RgbImage picture, Draws draws) {
    int shift = Math.floorMod((int) Math.rint(draws.in(hue) / DEGREES * CIRCLE), CIRCLE);
    long saturated = (long) Math.rint(draws.in(saturation) * ONE);
    double factor = draws.in(value);
    byte[] values = Levels.table(level -> level * factor);
    byte[] from = picture.rgb();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i += CHANNELS) {
      int red = from[i] & 0xFF;
      int green = from[i + 1] & 0xFF;
      int blue = from[i + 2] & 0xFF;
      int most = Math.max(red, Math.max(green, blue));
      int spread = most - Math.min(red, Math.min(green, blue));
      int bright = values[most] & 0xFF;
      if (spread == 0) {
        to[i] = (byte) bright;
        to[i + 1] = (byte) bright;
        to[i + 2] = (byte) bright;
        continue;
      }
      int turned = hue(red, green, blue, most, spread) + shift;
      int chroma = (int) (bright * Math.min(ONE, spread * saturated / most));
      write(to, i, turned >= CIRCLE ? turned - CIRCLE : turned, bright, chroma);
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }

  /** From 0 to CIRCLE - 1. */
  private static int hue(int red, int green, int blue, int most, int spread) {
    if (most == red) {
      int hue = ((green - blue) << HUE_BITS) / spread;
      return hue < 0 ? hue + CIRCLE : hue;
    }
    return most == green
        ? 2 * SIXTH + ((blue - red) << HUE_BITS) / spread
        : 4 * SIXTH + ((red - green) << HUE_BITS) / spread;
  }

  /**
   * Writes a colour.
   *
   * @param chroma the distance of the least channel from the greatest, with 16 fractional bits
   */
  private static void write(byte[] to, int at, int hue, int bright, int chroma) {
    int sector = hue >> HUE_BITS;
    int inSector = hue & (SIXTH - 1);
    int away = (sector & 1) == 0 ? SIXTH - inSector : inSector;
    int top = (bright << BITS) + ONE / 2;
    byte most = (byte) bright;
    byte least = (byte) ((top - chroma) >> BITS);
    byte middle = (byte) ((top - (int) (((long) chroma * away) >> HUE_BITS)) >> BITS);
    switch (sector) {
      case 0 -> put(to, at, most, middle, least);
      case 1 -> put(to, at, middle, most, least);
      case 2 -> put(to, at, least, most, middle);
      case 3 -> put(to, at, least, middle, most);
      case 4 -> put(to, at, middle, least, most);
      default -> put(to, at, most, least, middle);
    }
  }

  private static void put(byte[] to, int at, byte red, byte green, byte blue) {
    to[at] = red;
    to[at + 1] = green;
    to[at + 2] = blue;
  }
}
