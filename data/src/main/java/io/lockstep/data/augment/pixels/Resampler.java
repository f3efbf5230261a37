package io.lockstep.data.augment.pixels;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;
import java.util.Arrays;

/**
 * Changes the size of pictures with a triangle filter, widened where the picture shrinks so that
 * nothing is skipped: first along columns, then along rows, with bytes in between.
 *
 * <p>Up to three pixels are weighed by 256ths, several channels at once; more of them by 22 bits.
 */
public final class Resampler {

  private static final int PRECISION = 22;
  private static final int HALF = 1 << (PRECISION - 1);
  private static final int TWO = 2;
  private static final int THREE = 3;

  private Resampler() {}

  /** The picture in another size. */
  public static RgbImage resize(RgbImage picture, Frame frame) {
    RgbImage high =
        picture.height() == frame.height() ? picture : alongColumns(picture, frame.height());
    return high.width() == frame.width() ? high : alongRows(high, frame.width());
  }

  /**
   * Which pixels are weighed for each pixel of the result, and how much.
   *
   * @param taps how many are weighed
   * @param first the first one of them
   * @param weights {@code taps} for each pixel of the result, in fractions of {@code one}
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Filter(int taps, int[] first, int[] weights) {

    static Filter of(int from, int to) {
      double scale = (double) from / to;
      double reach = Math.max(1, scale);
      int taps = Math.min(from, (int) Math.ceil(2 * reach));
      int one = taps <= THREE ? Swar.WEIGHT : 1 << PRECISION;
      int[] first = new int[to];
      int[] weights = new int[to * taps];
      double[] share = new double[taps];
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        first[i] = Math.clamp((long) Math.floor(centre - reach + 0.5), 0, from - taps);
        double sum = 0;
        for (int k = 0; k < taps; k++) {
          double distance = Math.abs((first[i] + k + 0.5 - centre) / reach);
          share[k] = Math.max(0, 1 - distance);
          sum += share[k];
        }
        normalise(share, sum, one, weights, i * taps);
      }
      return new Filter(taps, first, weights);
    }

    /** Weights that sum to exactly one: what rounding leaves goes to the greatest. */
    private static void normalise(double[] share, double sum, int one, int[] weights, int at) {
      int total = 0;
      int greatest = at;
      for (int k = 0; k < share.length; k++) {
        weights[at + k] = (int) Math.rint(share[k] / sum * one);
        total += weights[at + k];
        greatest = weights[at + k] > weights[greatest] ? at + k : greatest;
      }
      weights[greatest] += one - total;
    }
  }

  private static RgbImage alongColumns(RgbImage picture, int height) {
    Filter filter = Filter.of(picture.height(), height);
    int stride = picture.width() * CHANNELS;
    byte[] rgb = picture.rgb();
    byte[] out = new byte[Math.multiplyExact(stride, height)];
    int[] sums = filter.taps > THREE ? new int[stride] : new int[0];
    for (int y = 0; y < height; y++) {
      int from = filter.first[y] * stride;
      int weight = y * filter.taps;
      switch (filter.taps) {
        case 1 -> System.arraycopy(rgb, from, out, y * stride, stride);
        case TWO -> mixRows(rgb, from, out, y * stride, stride, filter.weights[weight + 1]);
        case THREE -> mixRows(rgb, from, out, y * stride, stride, filter.weights, weight);
        default -> sumRows(rgb, from, out, y * stride, sums, filter, weight);
      }
    }
    return new RgbImage(picture.width(), height, out);
  }

  private static void mixRows(byte[] rgb, int from, byte[] out, int to, int stride, int weight) {
    int i = 0;
    for (; i <= stride - Swar.BYTES; i += Swar.BYTES) {
      long above = Swar.load(rgb, from + i);
      long below = Swar.load(rgb, from + stride + i);
      Swar.store(out, to + i, Swar.mix(above, below, weight));
    }
    for (; i < stride; i++) {
      int sum =
          (rgb[from + i] & 0xFF) * (Swar.WEIGHT - weight)
              + (rgb[from + stride + i] & 0xFF) * weight;
      out[to + i] = byteOf(sum);
    }
  }

  private static void mixRows(
      byte[] rgb, int from, byte[] out, int to, int stride, int[] weights, int at) {
    int a = weights[at];
    int b = weights[at + 1];
    int c = weights[at + 2];
    int i = 0;
    for (; i <= stride - Swar.BYTES; i += Swar.BYTES) {
      long first = Swar.load(rgb, from + i);
      long second = Swar.load(rgb, from + stride + i);
      long third = Swar.load(rgb, from + 2 * stride + i);
      Swar.store(out, to + i, Swar.mix(first, a, second, b, third, c));
    }
    for (; i < stride; i++) {
      int sum =
          (rgb[from + i] & 0xFF) * a
              + (rgb[from + stride + i] & 0xFF) * b
              + (rgb[from + 2 * stride + i] & 0xFF) * c;
      out[to + i] = byteOf(sum);
    }
  }

  private static void sumRows(
      byte[] rgb, int from, byte[] out, int to, int[] sums, Filter filter, int weight) {
    Arrays.fill(sums, HALF);
    for (int k = 0; k < filter.taps; k++) {
      add(sums, rgb, from + k * sums.length, filter.weights[weight + k]);
    }
    for (int i = 0; i < sums.length; i++) {
      out[to + i] = (byte) (sums[i] >>> PRECISION);
    }
  }

  private static void add(int[] sums, byte[] rgb, int from, int weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * (rgb[from + i] & 0xFF);
    }
  }

  private static RgbImage alongRows(RgbImage picture, int width) {
    Filter filter = Filter.of(picture.width(), width);
    byte[] out = new byte[Math.multiplyExact(width * CHANNELS, picture.height())];
    // Eight bytes are read and four written at once: the last pixels of a row go one by one.
    int safe = 0;
    int last = picture.width() - filter.taps - 1;
    while (filter.taps <= THREE && safe < width - 1 && filter.first[safe] < last) {
      safe++;
    }
    for (int y = 0; y < picture.height(); y++) {
      int from = y * picture.width() * CHANNELS;
      int to = y * width * CHANNELS;
      switch (filter.taps) {
        case TWO -> mixPairs(picture.rgb(), from, out, to, filter, safe);
        case THREE -> mixTriples(picture.rgb(), from, out, to, filter, safe);
        default -> {}
      }
      sumPixels(picture.rgb(), from, out, to, filter, safe);
    }
    return new RgbImage(width, picture.height(), out);
  }

  private static void mixPairs(byte[] rgb, int from, byte[] out, int to, Filter filter, int count) {
    int[] first = filter.first;
    int[] weights = filter.weights;
    for (int x = 0; x < count; x++) {
      long pair = Swar.load(rgb, from + first[x] * CHANNELS);
      Swar.storePixel(out, to + x * CHANNELS, Swar.mixPixels(pair, weights[x * TWO + 1]));
    }
  }

  private static void mixTriples(
      byte[] rgb, int from, byte[] out, int to, Filter filter, int count) {
    int[] first = filter.first;
    int[] weights = filter.weights;
    for (int x = 0; x < count; x++) {
      int at = from + first[x] * CHANNELS;
      long pixel =
          Swar.mixPixels(
              Swar.load(rgb, at),
              weights[x * THREE],
              weights[x * THREE + 1],
              Swar.load(rgb, at + TWO * CHANNELS),
              weights[x * THREE + 2]);
      Swar.storePixel(out, to + x * CHANNELS, pixel);
    }
  }

  /** Pixels of a row from one on. */
  private static void sumPixels(
      byte[] rgb, int from, byte[] out, int to, Filter filter, int begin) {
    int[] weights = filter.weights;
    int taps = filter.taps;
    int bits = taps <= THREE ? Swar.WEIGHT_BITS : PRECISION;
    int half = 1 << (bits - 1);
    for (int x = begin; x < filter.first.length; x++) {
      int at = from + filter.first[x] * CHANNELS;
      int red = half;
      int green = half;
      int blue = half;
      for (int k = x * taps; k < (x + 1) * taps; k++, at += CHANNELS) {
        red += weights[k] * (rgb[at] & 0xFF);
        green += weights[k] * (rgb[at + 1] & 0xFF);
        blue += weights[k] * (rgb[at + 2] & 0xFF);
      }
      out[to + x * CHANNELS] = (byte) (red >>> bits);
      out[to + x * CHANNELS + 1] = (byte) (green >>> bits);
      out[to + x * CHANNELS + 2] = (byte) (blue >>> bits);
    }
  }

  private static byte byteOf(int sum) {
    return (byte) ((sum + Swar.WEIGHT / 2) >>> Swar.WEIGHT_BITS);
  }
}
