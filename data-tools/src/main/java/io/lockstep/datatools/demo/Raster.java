package io.lockstep.datatools.demo;

/** A photograph in memory: packed 0xRRGGBB pixels, row by row. */
final class Raster {

  final int width;
  final int height;
  final int[] rgb;

  Raster(int width, int height, int[] rgb) {
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /** Half the size: each pixel is the mean of four. */
  Raster halved() {
    int w = width / 2;
    int h = height / 2;
    int[] half = new int[w * h];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int at = 2 * y * width + 2 * x;
        half[y * w + x] = mean(rgb[at], rgb[at + 1], rgb[at + width], rgb[at + width + 1]);
      }
    }
    return new Raster(w, h, half);
  }

  private static int mean(int a, int b, int c, int d) {
    int mean = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      int sum = 2;
      sum += (a >>> shift) & 255;
      sum += (b >>> shift) & 255;
      sum += (c >>> shift) & 255;
      sum += (d >>> shift) & 255;
      mean |= (sum >>> 2) << shift;
    }
    return mean;
  }

  /**
   * The colour between pixels, bilinear; positions count pixels from the top left and are clamped
   * to the raster.
   */
  int at(double x, double y) {
    double cx = StrictMath.min(StrictMath.max(x, 0), width - 1.001);
    double cy = StrictMath.min(StrictMath.max(y, 0), height - 1.001);
    int x0 = (int) cx;
    int y0 = (int) cy;
    int fx = (int) ((cx - x0) * 256);
    int fy = (int) ((cy - y0) * 256);
    int at = y0 * width + x0;
    return blend(
        blend(rgb[at], rgb[at + 1], fx), blend(rgb[at + width], rgb[at + width + 1], fx), fy);
  }

  /** From {@code a} at weight 0 to {@code b} at weight 256. */
  static int blend(int a, int b, int weight) {
    int rest = 256 - weight;
    int redBlue = ((a & 0xFF00FF) * rest + (b & 0xFF00FF) * weight) >>> 8;
    int green = ((a & 0x00FF00) * rest + (b & 0x00FF00) * weight) >>> 8;
    return (redBlue & 0xFF00FF) | (green & 0x00FF00);
  }
}
