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
}
