package io.lockstep.model.image;

import io.lockstep.data.image.DecodeLimits;

/**
 * The size to which a picture is resized: multiples of a factor, about the same aspect ratio, and a
 * number of pixels within bounds.
 */
public record SmartResize(int width, int height) {
  private static final int MAX_ASPECT_RATIO = DecodeLimits.MAX_ASPECT_RATIO;

  /**
   * Computes the size.
   *
   * @throws IllegalArgumentException if one side is more than 200 times the other
   */
  public static SmartResize of(int width, int height, int factor, int minPixels, int maxPixels) {
    double ratio = (double) Math.max(width, height) / Math.min(width, height);
    if (ratio > MAX_ASPECT_RATIO) {
      throw new IllegalArgumentException(
          "is %d x %d; one side may be at most %d times the other"
              .formatted(width, height, MAX_ASPECT_RATIO));
    }
    long h = (long) Math.rint((double) height / factor) * factor;
    long w = (long) Math.rint((double) width / factor) * factor;
    double pixels = (double) height * width;
    if (h * w > maxPixels) {
      double beta = Math.sqrt(pixels / maxPixels);
      h = Math.max(factor, (long) Math.floor(height / beta / factor) * factor);
      w = Math.max(factor, (long) Math.floor(width / beta / factor) * factor);
    } else if (h * w < minPixels) {
      double beta = Math.sqrt(minPixels / pixels);
      h = (long) Math.ceil(height * beta / factor) * factor;
      w = (long) Math.ceil(width * beta / factor) * factor;
    }
    return new SmartResize(Math.toIntExact(w), Math.toIntExact(h));
  }
}
