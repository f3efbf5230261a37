package io.lockstep.data.bank;

import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.image.RgbImage;

/**
 * A rectangle of whole pixels.
 *
 * @param x of the left-most column
 * @param y of the top row
 */
public record Region(int x, int y, int width, int height) {

  /** Checks that the rectangle holds a pixel and lies right of and below the origin. */
  public Region {
    if (x < 0 || y < 0 || width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "%d x %d pixels at %d, %d are no piece of a picture".formatted(width, height, x, y));
    }
  }

  /** How many pixels it holds. */
  public long pixels() {
    return (long) width * height;
  }

  /** Whether it lies in a picture of that size. */
  public boolean isIn(int pictureWidth, int pictureHeight) {
    return (long) x + width <= pictureWidth && (long) y + height <= pictureHeight;
  }

  /**
   * A copy of these pixels.
   *
   * @throws IllegalArgumentException if some lie outside of the picture
   */
  public RgbImage of(RgbImage picture) {
    if (!isIn(picture.width(), picture.height())) {
      throw new IllegalArgumentException(
          "%s is no piece of a picture of %d x %d"
              .formatted(this, picture.width(), picture.height()));
    }
    int stride = width * RgbImage.CHANNELS;
    byte[] rgb = new byte[Math.multiplyExact(stride, height)];
    for (int row = 0; row < height; row++) {
      int from = ((y + row) * picture.width() + x) * RgbImage.CHANNELS;
      System.arraycopy(picture.rgb(), from, rgb, row * stride, stride);
    }
    return new RgbImage(width, height, rgb);
  }

  /** A geometry of the picture in coordinates of this piece. */
  public Geometry within(Geometry geometry) {
    return geometry.transformed(Affine.translation(-x, -y));
  }
}
