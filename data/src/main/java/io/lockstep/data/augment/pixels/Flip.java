package io.lockstep.data.augment.pixels;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;

/** Mirrors pictures without touching a pixel's value. */
final class Flip {

  private Flip() {}

  /** Whether a map mirrors a picture onto itself. */
  static boolean isFlip(Affine map, Frame frame) {
    return map.keepsBoxes()
        && (isKept(map.xx(), map.dx()) || isMirrored(map.xx(), map.dx(), frame.width()))
        && (isKept(map.yy(), map.dy()) || isMirrored(map.yy(), map.dy(), frame.height()));
  }

  private static boolean isKept(double factor, double shift) {
    return factor == 1 && shift == 0;
  }

  private static boolean isMirrored(double factor, double shift, int size) {
    return factor == -1 && shift == size;
  }

  static RgbImage apply(RgbImage picture, boolean horizontal, boolean vertical) {
    int width = picture.width();
    int height = picture.height();
    int stride = width * CHANNELS;
    byte[] from = picture.rgb();
    byte[] to = new byte[from.length];
    for (int y = 0; y < height; y++) {
      int row = (vertical ? height - 1 - y : y) * stride;
      if (horizontal) {
        mirrorRow(from, row, to, y * stride, width);
      } else {
        System.arraycopy(from, row, to, y * stride, stride);
      }
    }
    return new RgbImage(width, height, to);
  }

  private static void mirrorRow(byte[] from, int fromRow, byte[] to, int toRow, int width) {
    int source = fromRow + (width - 1) * CHANNELS;
    for (int at = toRow; source >= fromRow; at += CHANNELS, source -= CHANNELS) {
      to[at] = from[source];
      to[at + 1] = from[source + 1];
      to[at + 2] = from[source + 2];
    }
  }
}
