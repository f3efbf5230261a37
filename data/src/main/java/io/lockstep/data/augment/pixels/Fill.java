package io.lockstep.data.augment.pixels;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;
import java.util.Arrays;

/** Middle grey, which stands where a picture has no pixels. */
public final class Fill {

  /** The level of all three channels. */
  public static final int LEVEL = 128;

  private Fill() {}

  /** The bytes of a grey picture. */
  static byte[] grey(Frame frame) {
    byte[] rgb = new byte[Math.multiplyExact(frame.width() * CHANNELS, frame.height())];
    Arrays.fill(rgb, (byte) LEVEL);
    return rgb;
  }

  /**
   * A part of a larger canvas, or of a smaller one: the picture's top-left corner comes to lie at
   * (-left, -top), what is outside of the frame is cut off, what it leaves free is grey.
   */
  public static RgbImage window(RgbImage picture, int left, int top, Frame frame) {
    byte[] rgb = grey(frame);
    int firstX = Math.max(0, -left);
    int endX = Math.min(frame.width(), picture.width() - left);
    int firstY = Math.max(0, -top);
    int endY = Math.min(frame.height(), picture.height() - top);
    for (int y = firstY; y < endY && firstX < endX; y++) {
      System.arraycopy(
          picture.rgb(),
          ((y + top) * picture.width() + firstX + left) * CHANNELS,
          rgb,
          (y * frame.width() + firstX) * CHANNELS,
          (endX - firstX) * CHANNELS);
    }
    return new RgbImage(frame.width(), frame.height(), rgb);
  }
}
