package io.lockstep.model.image;

/**
 * What a picture may cost, checked before memory is spent on it.
 *
 * @param maxBytes most bytes of an encoded picture
 * @param maxPixels most pixels of a decoded one, at most {@value #PIXELS_OF_AN_ARRAY}
 */
public record DecodeLimits(long maxBytes, long maxPixels) {
  private static final int PIXELS_OF_AN_ARRAY = Integer.MAX_VALUE / 4;

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
}
