package io.lockstep.data.image;

/**
 * What a picture may cost, checked before memory is spent on it.
 *
 * @param maxBytes most bytes of an encoded picture
 * @param maxPixels most pixels of a decoded one, at most a quarter of the longest array
 */
public record DecodeLimits(long maxBytes, long maxPixels) {
  private static final int PIXELS_OF_AN_ARRAY = Integer.MAX_VALUE / 4;

  /** Longest side in pixels, which is the longest that a JPEG can have. */
  public static final int MAX_SIDE = 65_535;

  /** Most times that one side may be the other; image processors refuse longer pictures. */
  public static final int MAX_ASPECT_RATIO = 200;

  /** 32 MiB and 64 megapixels. */
  public static final DecodeLimits DEFAULT = new DecodeLimits(32L << 20, 64_000_000);

  /** Checks that the limits are positive and that a picture of so many pixels fits one array. */
  public DecodeLimits {
    if (maxBytes < 1
        || maxBytes > Integer.MAX_VALUE - 8
        || maxPixels < 1
        || maxPixels > PIXELS_OF_AN_ARRAY) {
      throw new IllegalArgumentException(
          "Picture limits of %d bytes and %d pixels must be positive, at most %d pixels"
              .formatted(maxBytes, maxPixels, PIXELS_OF_AN_ARRAY));
    }
  }

  void requireBytes(String name, long bytes) throws UnreadableImageException {
    if (bytes > maxBytes) {
      throw new UnreadableImageException(
          name, "has %d bytes; at most %d are allowed".formatted(bytes, maxBytes));
    }
  }

  void requireSize(String name, ImageHeader header) throws UnreadableImageException {
    long width = header.storedWidth();
    long height = header.storedHeight();
    if (width < 1 || height < 1) {
      throw new UnreadableImageException(name, "is empty: %d x %d".formatted(width, height));
    }
    if (Math.max(width, height) > MAX_SIDE) {
      throw new UnreadableImageException(
          name, "is %d x %d; a side may have at most %d pixels".formatted(width, height, MAX_SIDE));
    }
    if (width * height > maxPixels) {
      throw new UnreadableImageException(
          name, "is %d x %d; at most %d pixels are allowed".formatted(width, height, maxPixels));
    }
  }

  /**
   * Refuses a picture that no image processor takes.
   *
   * @throws UnreadableImageException if one side is more than {@value #MAX_ASPECT_RATIO} times the
   *     other
   */
  public static void requireAspectRatio(String name, int width, int height)
      throws UnreadableImageException {
    if (Math.max(width, height) > (long) MAX_ASPECT_RATIO * Math.min(width, height)) {
      throw new UnreadableImageException(
          name,
          "is %d x %d; one side may be at most %d times the other"
              .formatted(width, height, MAX_ASPECT_RATIO));
    }
  }
}
