package io.lockstep.data.image;

/**
 * A decoded picture.
 *
 * @param rgb row-major [height, width, 3], red first, one unsigned byte each; not copied, not to be
 *     changed
 */
@SuppressWarnings("ArrayRecordComponent")
public record RgbImage(int width, int height, byte[] rgb) {

  /** Bytes of a pixel. */
  public static final int CHANNELS = 3;

  /** Checks the size of the array. */
  public RgbImage {
    if (width < 1 || height < 1 || rgb.length != (long) width * height * CHANNELS) {
      throw new IllegalArgumentException(
          "%d bytes are not a picture of %d x %d".formatted(rgb.length, width, height));
    }
  }

  /** The pixels as 0xRRGGBB, row by row. */
  public int[] packed() {
    int[] pixels = new int[width * height];
    for (int i = 0, at = 0; i < pixels.length; i++, at += CHANNELS) {
      int red = rgb[at] & 0xFF;
      int green = rgb[at + 1] & 0xFF;
      pixels[i] = (red << 16) | (green << 8) | (rgb[at + 2] & 0xFF);
    }
    return pixels;
  }
}
