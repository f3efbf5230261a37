package io.lockstep.data.augment.pixels;

import static io.lockstep.data.image.RgbImage.CHANNELS;

import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.image.RgbImage;

/**
 * Carries an affine map out on a picture: every pixel of the result is interpolated bilinearly
 * between the four pixels around the place that it comes from; outside of the picture all is grey.
 *
 * <p>Places are fixed-point numbers with 32 fractional bits, of which the upper 8 weigh pixels.
 */
public final class Warp {

  private static final int FRACTION = 32;
  private static final double ONE = 0x1.0p32;
  private static final int HALF = Swar.WEIGHT / 2;

  /** Places farther from the picture than this many pixels would overflow. */
  private static final double FARTHEST = 0x1.0p29;

  /** Maps that shrink more than this skip pixels if they are carried out at once. */
  private static final double LEAST_SHRINKING = 0.75;

  /** Eight bytes are read at once, two more than two pixels have. */
  private static final int READ_AHEAD = 2;

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
            .where(y0, stepY, 0, (long) (source.height() - 1) << FRACTION)
            .withoutLast();
    for (int i = touched.first(); i < inner.first(); i++) {
      edgePixel(x0 + i * stepX, y0 + i * stepY, begin + i * CHANNELS);
    }
    inside(x0, y0, begin, inner);
    for (int i = inner.end(); i < touched.end(); i++) {
      edgePixel(x0 + i * stepX, y0 + i * stepY, begin + i * CHANNELS);
    }
  }

  /**
   * Pixels whose four neighbours all exist: vertical ones are mixed first, all six bytes at once.
   */
  private void inside(long x0, long y0, int begin, Span span) {
    byte[] rgb = source.rgb();
    byte[] to = out;
    int stride = source.width() * CHANNELS;
    long dx = stepX;
    long dy = stepY;
    long x = x0 + span.first() * dx;
    long y = y0 + span.first() * dy;
    int end = begin + span.end() * CHANNELS;
    for (int at = begin + span.first() * CHANNELS; at < end; at += CHANNELS) {
      int from = (int) (y >> FRACTION) * stride + (int) (x >> FRACTION) * CHANNELS;
      int lower = (int) (y >>> (FRACTION - Swar.WEIGHT_BITS)) & (Swar.WEIGHT - 1);
      int right = (int) (x >>> (FRACTION - Swar.WEIGHT_BITS)) & (Swar.WEIGHT - 1);
      long pair = Swar.mix(Swar.load(rgb, from), Swar.load(rgb, from + stride), lower);
      Swar.storePixel(to, at, Swar.mixPixels(pair, right));
      x += dx;
      y += dy;
    }
  }

  /** A pixel some of whose neighbours may be missing: grey stands for those. */
  private void edgePixel(long x, long y, int at) {
    int column = (int) (x >> FRACTION);
    int line = (int) (y >> FRACTION);
    int right = (int) (x >>> (FRACTION - Swar.WEIGHT_BITS)) & (Swar.WEIGHT - 1);
    int lower = (int) (y >>> (FRACTION - Swar.WEIGHT_BITS)) & (Swar.WEIGHT - 1);
    for (int channel = 0; channel < CHANNELS; channel++) {
      int before = mix(level(column, line, channel), level(column, line + 1, channel), lower);
      int after =
          mix(level(column + 1, line, channel), level(column + 1, line + 1, channel), lower);
      out[at + channel] = (byte) mix(before, after, right);
    }
  }

  private static int mix(int first, int second, int weight) {
    return (first * (Swar.WEIGHT - weight) + second * weight + HALF) >> Swar.WEIGHT_BITS;
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

    /** All but the last: what is written four bytes at a time spoils the byte behind. */
    Span withoutLast() {
      return new Span(first, Math.max(first, end - 1));
    }

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
