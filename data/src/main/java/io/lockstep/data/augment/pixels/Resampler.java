package io.lockstep.data.augment.pixels;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;
import java.util.Arrays;

/**
 * Changes the size of pictures with a triangle filter, widened where the picture shrinks so that
 * nothing is skipped: first along rows, then along columns, with bytes in between.
 *
 * <p>Weights are fixed-point numbers with 22 fractional bits that sum to one.
 */
public final class Resampler {

  private static final int PRECISION = 22;
  private static final int ONE = 1 << PRECISION;
  private static final int HALF = 1 << (PRECISION - 1);

  private Resampler() {}

  /** The picture in another size. */
  public static RgbImage resize(RgbImage picture, Frame frame) {
    RgbImage wide = picture.width() == frame.width() ? picture : alongRows(picture, frame.width());
    return wide.height() == frame.height() ? wide : alongColumns(wide, frame.height());
  }

  /**
   * Which pixels are weighed for each pixel of the result, and how much.
   *
   * @param first the first one
   * @param weights {@code taps} for each pixel of the result
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Filter(int taps, int[] first, int[] weights) {

    static Filter of(int from, int to) {
      double scale = (double) from / to;
      double reach = Math.max(1, scale);
      int taps = Math.min(from, (int) Math.ceil(reach) * 2 + 1);
      int[] first = new int[to];
      int[] weights = new int[to * taps];
      double[] share = new double[taps];
      for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale;
        int begin = (int) Math.floor(centre - reach + 0.5);
        first[i] = Math.clamp(begin, 0, from - taps);
        double sum = 0;
        for (int k = 0; k < taps; k++) {
          double distance = Math.abs((first[i] + k + 0.5 - centre) / reach);
          share[k] = Math.max(0, 1 - distance);
          sum += share[k];
        }
        normalise(share, sum, weights, i * taps);
      }
      return new Filter(taps, first, weights);
    }

    /** Weights that sum to exactly one: what rounding leaves goes to the greatest. */
    private static void normalise(double[] share, double sum, int[] weights, int at) {
      int total = 0;
      int greatest = at;
      for (int k = 0; k < share.length; k++) {
        weights[at + k] = (int) Math.rint(share[k] / sum * ONE);
        total += weights[at + k];
        greatest = weights[at + k] > weights[greatest] ? at + k : greatest;
      }
      weights[greatest] += ONE - total;
    }
  }

  private static RgbImage alongRows(RgbImage picture, int width) {
    Filter filter = Filter.of(picture.width(), width);
    byte[] out = new byte[Math.multiplyExact(width * CHANNELS, picture.height())];
    for (int y = 0; y < picture.height(); y++) {
      row(picture, y, filter, out, y * width * CHANNELS, width);
    }
    return new RgbImage(width, picture.height(), out);
  }

  private static void row(
      RgbImage picture, int y, Filter filter, byte[] out, int begin, int width) {
    byte[] rgb = picture.rgb();
    int[] weights = filter.weights;
    int[] first = filter.first;
    int taps = filter.taps;
    int line = y * picture.width();
    int weight = 0;
    for (int x = 0, at = begin; x < width; x++, at += CHANNELS) {
      int from = (line + first[x]) * CHANNELS;
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      for (int k = 0; k < taps; k++, from += CHANNELS) {
        int share = weights[weight++];
        red += share * (rgb[from] & 0xFF);
        green += share * (rgb[from + 1] & 0xFF);
        blue += share * (rgb[from + 2] & 0xFF);
      }
      out[at] = (byte) (red >>> PRECISION);
      out[at + 1] = (byte) (green >>> PRECISION);
      out[at + 2] = (byte) (blue >>> PRECISION);
    }
  }

  private static RgbImage alongColumns(RgbImage picture, int height) {
    Filter filter = Filter.of(picture.height(), height);
    int stride = picture.width() * CHANNELS;
    byte[] rgb = picture.rgb();
    byte[] out = new byte[Math.multiplyExact(stride, height)];
    int[] sums = new int[stride];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, HALF);
      for (int k = 0; k < filter.taps; k++) {
        int weight = filter.weights[y * filter.taps + k];
        if (weight != 0) {
          add(sums, rgb, (filter.first[y] + k) * stride, weight);
        }
      }
      int at = y * stride;
      for (int i = 0; i < stride; i++) {
        out[at + i] = (byte) (sums[i] >>> PRECISION);
      }
    }
    return new RgbImage(picture.width(), height, out);
  }

  private static void add(int[] sums, byte[] rgb, int from, int weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * (rgb[from + i] & 0xFF);
    }
  }
}
