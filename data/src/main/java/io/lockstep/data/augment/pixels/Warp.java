package io.lockstep.data.augment.pixels;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Carries an affine map out on a picture: every pixel of the result is interpolated bilinearly
 * between the four pixels around the place that it comes from; outside of the picture all is grey.
 *
 * <p>Places are fixed-point numbers with 32 fractional bits, of which the upper 8 weigh pixels.
 */
public final class Warp {

  private static final int FRACTION = 32;
  private static final double ONE = 0x1.0p32;
  private static final int WEIGHT_BITS = 8;
  private static final int WEIGHT = 1 << WEIGHT_BITS;
  private static final int HALF = 1 << (2 * WEIGHT_BITS - 1);

  /** Places farther from the picture than this many pixels would overflow. */
  private static final double FARTHEST = 0x1.0p29;

  /** Maps that shrink more than this skip pixels if they are carried out at once. */
  private static final double LEAST_SHRINKING = 0.75;

  /** Eight bytes at once: two pixels side by side and two bytes that aren't used. */
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int READ_AHEAD = 2;

  /** Every other byte of eight, with room for a product with a weight. */
  private static final long EVEN = 0x00FF00FF00FF00FFL;

  private static final int LANE = 0xFFFF;

  private final RgbImage source;
  private final byte[] out;
  private final long stepX;
  private final long stepY;

  private Warp(RgbImage source, byte[] out, Affine back) {
    this.source = source;
    this.out = out;
    this.stepX = fixed(back.xx());
    this.stepY = fixed(back.yx());
  }

  /**
   * The picture after a map.
   *
   * @param map from places of the picture to places of the result
   * @param frame size of the result
   */
  public static RgbImage apply(RgbImage picture, Affine map, Frame frame) {
    boolean sameSize = picture.width() == frame.width() && picture.height() == frame.height();
    if (sameSize && Flip.isFlip(map, frame)) {
      return map.xx() > 0 && map.yy() > 0
          ? picture
          : Flip.apply(picture, map.xx() < 0, map.yy() < 0);
    }
    double shrinking = Math.sqrt(Math.abs(map.determinant()));
    return shrinking < LEAST_SHRINKING
        ? shrunk(picture, map, frame, shrinking)
        : warped(picture, map, frame);
  }

  /** Shrinks the picture with a filter first, because four pixels stand for too few of it. */
  private static RgbImage shrunk(RgbImage picture, Affine map, Frame frame, double factor) {
    Frame small =
        new Frame(
            (int) Math.max(1, Math.rint(picture.width() * factor)),
            (int) Math.max(1, Math.rint(picture.height() * factor)));
    Affine grow =
        Affine.scaling(
            (double) picture.width() / small.width(), (double) picture.height() / small.height());
    return warped(Resampler.resize(picture, small), grow.then(map), frame);
  }

  private static RgbImage warped(RgbImage picture, Affine map, Frame frame) {
    byte[] out = Fill.grey(frame);
    Affine back = map.inverse();
    Warp warp = new Warp(picture, out, back);
    for (int y = 0; y < frame.height(); y++) {
      // From the centre of the row's first pixel to where pixel (0, 0) of the source has its own.
      long x0 = fixed(back.xx() * 0.5 + back.xy() * (y + 0.5) + back.dx() - 0.5);
      long y0 = fixed(back.yx() * 0.5 + back.yy() * (y + 0.5) + back.dy() - 0.5);
      warp.row(x0, y0, y * frame.width() * CHANNELS, frame.width());
    }
    return new RgbImage(frame.width(), frame.height(), out);
  }

  private static long fixed(double value) {
    if (!(Math.abs(value) < FARTHEST)) {
      throw new IllegalArgumentException("a map leads " + value + " pixels away");
    }
    return (long) Math.rint(value * ONE);
  }

  private void row(long x0, long y0, int begin, int width) {
    long touchedX = (long) source.width() << FRACTION;
    long touchedY = (long) source.height() << FRACTION;
    Span touched =
        new Span(0, width)
            .where(x0, stepX, 1 - (1L << FRACTION), touchedX)
            .where(y0, stepY, 1 - (1L << FRACTION), touchedY);
    Span inner =
        touched
            .where(x0, stepX, 0, (long) (source.width() - READ_AHEAD) << FRACTION)
            .where(y0, stepY, 0, (long) (source.height() - 1) << FRACTION);
    for (int i = touched.first(); i < inner.first(); i++) {
      edgePixel(x0 + i * stepX, y0 + i * stepY, begin + i * CHANNELS);
    }
    inside(x0, y0, begin, inner);
    for (int i = inner.end(); i < touched.end(); i++) {
      edgePixel(x0 + i * stepX, y0 + i * stepY, begin + i * CHANNELS);
    }
  }

  /**
   * Pixels whose four neighbours all exist. Vertical neighbours are weighed four bytes at a time,
   * in lanes of 16 bits, then horizontal ones channel by channel.
   */
  private void inside(long x0, long y0, int begin, Span span) {
    byte[] rgb = source.rgb();
    byte[] to = out;
    int stride = source.width() * CHANNELS;
    long dx = stepX;
    long dy = stepY;
    long x = x0 + span.first() * dx;
    long y = y0 + span.first() * dy;
    int at = begin + span.first() * CHANNELS;
    for (int i = span.first(); i < span.end(); i++) {
      int from = (int) (y >> FRACTION) * stride + (int) (x >> FRACTION) * CHANNELS;
      int right = (int) (x >>> (FRACTION - WEIGHT_BITS)) & (WEIGHT - 1);
      int left = WEIGHT - right;
      int lower = (int) (y >>> (FRACTION - WEIGHT_BITS)) & (WEIGHT - 1);
      int upper = WEIGHT - lower;
      long above = (long) LONGS.get(rgb, from);
      long below = (long) LONGS.get(rgb, from + stride);
      // Lanes from the lowest: red 0, blue 0, green 1; green 0, red 1, blue 1.
      long even = (above & EVEN) * upper + (below & EVEN) * lower;
      long odd = ((above >>> 8) & EVEN) * upper + ((below >>> 8) & EVEN) * lower;
      int red = (int) (even & LANE) * left + ((int) (odd >>> 16) & LANE) * right;
      int green = (int) (odd & LANE) * left + ((int) (even >>> 32) & LANE) * right;
      int blue = ((int) (even >>> 16) & LANE) * left + ((int) (odd >>> 32) & LANE) * right;
      to[at] = (byte) ((red + HALF) >>> (2 * WEIGHT_BITS));
      to[at + 1] = (byte) ((green + HALF) >>> (2 * WEIGHT_BITS));
      to[at + 2] = (byte) ((blue + HALF) >>> (2 * WEIGHT_BITS));
      at += CHANNELS;
      x += dx;
      y += dy;
    }
  }

  /** A pixel some of whose neighbours may be missing: grey stands for those. */
  private void edgePixel(long x, long y, int at) {
    int column = (int) (x >> FRACTION);
    int line = (int) (y >> FRACTION);
    int right = (int) (x >>> (FRACTION - WEIGHT_BITS)) & (WEIGHT - 1);
    int lower = (int) (y >>> (FRACTION - WEIGHT_BITS)) & (WEIGHT - 1);
    for (int channel = 0; channel < CHANNELS; channel++) {
      int above =
          level(column, line, channel) * (WEIGHT - right)
              + level(column + 1, line, channel) * right;
      int below =
          level(column, line + 1, channel) * (WEIGHT - right)
              + level(column + 1, line + 1, channel) * right;
      int sum = above * (WEIGHT - lower) + below * lower;
      out[at + channel] = (byte) ((sum + HALF) >>> (2 * WEIGHT_BITS));
    }
  }

  private int level(int x, int y, int channel) {
    if (x < 0 || y < 0 || x >= source.width() || y >= source.height()) {
      return Fill.LEVEL;
    }
    return source.rgb()[(y * source.width() + x) * CHANNELS + channel] & 0xFF;
  }

  /**
   * Pixels of a row.
   *
   * @param end behind the last one; never before first
   */
  private record Span(int first, int end) {

    /** Those of them with {@code low <= start + i * step < high}. */
    Span where(long start, long step, long low, long high) {
      long from = first;
      long to = end;
      if (step == 0) {
        to = start >= low && start < high ? to : from;
      } else if (step > 0) {
        from = Math.max(from, Math.ceilDiv(low - start, step));
        to = Math.min(to, Math.ceilDiv(high - start, step));
      } else {
        from = Math.max(from, Math.floorDiv(start - high, -step) + 1);
        to = Math.min(to, Math.floorDiv(start - low, -step) + 1);
      }
      int begin = Math.clamp(from, first, end);
      return new Span(begin, Math.clamp(to, begin, end));
    }
  }
}
