package io.lockstep.data.augment.colour;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.image.RgbImage;
import java.util.function.IntToDoubleFunction;

/** Arithmetic on the 256 levels of a channel. */
final class Levels {

  static final int COUNT = 256;
  static final int MOST = 255;

  /** Shares of red, green and blue in brightness, in 65536ths (ITU-R BT.601). */
  static final int RED = 19_595;

  static final int GREEN = 38_470;
  static final int BLUE = 7_471;
  static final int LUMA_HALF = 1 << 15;
  static final int LUMA_BITS = 16;

  private Levels() {}

  /** The nearest level. */
  static byte nearest(double value) {
    return (byte) (int) Math.rint(Math.clamp(value, 0.0, MOST));
  }

  /** What becomes of each level. */
  static byte[] table(IntToDoubleFunction function) {
    byte[] table = new byte[COUNT];
    for (int level = 0; level < COUNT; level++) {
      table[level] = nearest(function.applyAsDouble(level));
    }
    return table;
  }

  /** Looks every byte up. */
  static RgbImage mapped(RgbImage picture, byte[] table) {
    byte[] from = picture.rgb();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i++) {
      to[i] = table[from[i] & 0xFF];
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }

  /** Looks every byte up in the table of its channel. */
  static RgbImage mapped(RgbImage picture, byte[] red, byte[] green, byte[] blue) {
    byte[] from = picture.rgb();
    byte[] to = new byte[from.length];
    for (int i = 0; i < from.length; i += CHANNELS) {
      to[i] = red[from[i] & 0xFF];
      to[i + 1] = green[from[i + 1] & 0xFF];
      to[i + 2] = blue[from[i + 2] & 0xFF];
    }
    return new RgbImage(picture.width(), picture.height(), to);
  }

  /** The brightness of a colour, from 0 to 255. */
  static int luma(int red, int green, int blue) {
    return (red * RED + green * GREEN + blue * BLUE + LUMA_HALF) >>> LUMA_BITS;
  }

  /** The mean brightness of a picture's pixels. */
  static double meanLuma(RgbImage picture) {
    byte[] rgb = picture.rgb();
    long red = 0;
    long green = 0;
    long blue = 0;
    for (int i = 0; i < rgb.length; i += CHANNELS) {
      red += rgb[i] & 0xFF;
      green += rgb[i + 1] & 0xFF;
      blue += rgb[i + 2] & 0xFF;
    }
    double sum = (double) red * RED + (double) green * GREEN + (double) blue * BLUE;
    double pixels = (double) picture.width() * picture.height();
    return sum / (1 << LUMA_BITS) / pixels;
  }
}
