package io.lockstep.model.image;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.image.RgbImage;
import java.util.Arrays;

/**
 * Antialiased bicubic resizing of bytes in fixed-point arithmetic, equal to that of Pillow 12.3 to
 * the bit.
 *
 * <p>The kernel is Keys' cubic with a = -0.5, widened by the scale when reducing. Rows are resized
 * first and rounded to bytes, then columns; of a very tall picture whose height shrinks columns are
 * first. The order shows in the result, as what comes first is rounded and cut off at 0 and 255.
 */
final class BicubicResampler {
  private static final double A = -0.5;
  private static final double SUPPORT = 2.0;
  private static final int PRECISION = 22;
  private static final int HALF = 1 << (PRECISION - 1);

  /** Pictures that are more than so many times as tall as wide are very tall. */
  private static final int TALL = 100;

  private BicubicResampler() {}

  static RgbImage resize(RgbImage image, int width, int height) {
    boolean columnsFirst = image.height() > (long) TALL * image.width() && height < image.height();
    return columnsFirst
        ? resizeRows(resizeColumns(image, height), width)
        : resizeColumns(resizeRows(image, width), height);
  }

  /**
   * Weights of the source pixels of every target pixel along one axis.
   *
   * @param first the first source pixel
   * @param count the number of source pixels
   * @param weights fixed-point, {@code stride} per target pixel
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Weights(int[] first, int[] count, int[] weights, int stride) {

    static Weights of(int in, int out) {
      double scale = (double) in / out;
      double filterScale = Math.max(scale, 1.0);
      double support = SUPPORT * filterScale;
      double inverse = 1.0 / filterScale;
      int stride = (int) Math.ceil(support) * 2 + 1;
      int[] first = new int[out];
      int[] count = new int[out];
      int[] weights = new int[out * stride];
      double[] exact = new double[stride];
      for (int i = 0; i < out; i++) {
        double center = (i + 0.5) * scale;
        int low = Math.max((int) (center - support + 0.5), 0);
        int high = Math.min((int) (center + support + 0.5), in);
        double sum = 0;
        for (int j = 0; j < high - low; j++) {
          exact[j] = cubic((low + j - center + 0.5) * inverse);
          sum += exact[j];
        }
        first[i] = low;
        count[i] = high - low;
        for (int j = 0; j < high - low; j++) {
          weights[i * stride + j] = quantise(sum == 0 ? exact[j] : exact[j] / sum);
        }
      }
      return new Weights(first, count, weights, stride);
    }

    private static double cubic(double at) {
      double x = Math.abs(at);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }

    private static int quantise(double weight) {
      double scaled = weight * (1 << PRECISION);
      return (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    }
  }

  private static RgbImage resizeRows(RgbImage image, int width) {
    if (image.width() == width) {
      return image;
    }
    Weights axis = Weights.of(image.width(), width);
    byte[] from = image.rgb();
    byte[] to = new byte[width * image.height() * CHANNELS];
    int at = 0;
    for (int y = 0; y < image.height(); y++) {
      int row = y * image.width() * CHANNELS;
      for (int x = 0; x < width; x++) {
        int red = HALF;
        int green = HALF;
        int blue = HALF;
        int source = row + axis.first[x] * CHANNELS;
        int weights = x * axis.stride;
        for (int j = 0; j < axis.count[x]; j++, source += CHANNELS) {
          int weight = axis.weights[weights + j];
          red += (from[source] & 0xFF) * weight;
          green += (from[source + 1] & 0xFF) * weight;
          blue += (from[source + 2] & 0xFF) * weight;
        }
        to[at++] = toByte(red);
        to[at++] = toByte(green);
        to[at++] = toByte(blue);
      }
    }
    return new RgbImage(width, image.height(), to);
  }

  private static RgbImage resizeColumns(RgbImage image, int height) {
    if (image.height() == height) {
      return image;
    }
    Weights axis = Weights.of(image.height(), height);
    byte[] from = image.rgb();
    int rowBytes = image.width() * CHANNELS;
    byte[] to = new byte[rowBytes * height];
    int[] sums = new int[rowBytes];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, HALF);
      for (int j = 0; j < axis.count[y]; j++) {
        addRow(sums, from, (axis.first[y] + j) * rowBytes, axis.weights[y * axis.stride + j]);
      }
      int row = y * rowBytes;
      for (int i = 0; i < rowBytes; i++) {
        to[row + i] = toByte(sums[i]);
      }
    }
    return new RgbImage(image.width(), height, to);
  }

  private static void addRow(int[] sums, byte[] from, int row, int weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += (from[row + i] & 0xFF) * weight;
    }
  }

  private static byte toByte(int sum) {
    return (byte) Math.clamp(sum >> PRECISION, 0, 255);
  }
}
