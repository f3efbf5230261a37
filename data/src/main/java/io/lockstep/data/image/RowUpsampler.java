package io.lockstep.data.image;

/**
 * Smooth doubling of the rows of a JPEG component that has all its columns (4:4:0, as a lossless
 * turn of 4:2:2 makes it).
 *
 * <p>libjpeg-turbo weighs the nearer row 3 and the farther 1; the JDK's older libjpeg repeats rows,
 * up to 71 levels off on hard edges. As repeating loses nothing, it can be made up for afterwards.
 */
final class RowUpsampler {
  private RowUpsampler() {}

  /** Replaces repeated rows of one band of interleaved samples. */
  static void smooth(byte[] data, int width, int height, int bands, int band) {
    int rows = (height + 1) / 2;
    byte[] plane = new byte[rows * width];
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < width; x++) {
        plane[y * width + x] = data[(2 * y * width + x) * bands + band];
      }
    }
    for (int y = 0; y < height; y++) {
      int near = y / 2;
      boolean upper = y % 2 == 0;
      int far = Math.clamp(upper ? near - 1L : near + 1L, 0, rows - 1);
      int bias = upper ? 1 : 2;
      for (int x = 0; x < width; x++) {
        int sum = 3 * (plane[near * width + x] & 0xFF) + (plane[far * width + x] & 0xFF);
        data[(y * width + x) * bands + band] = (byte) ((sum + bias) >> 2);
      }
    }
  }
}
