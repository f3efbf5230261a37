package io.lockstep.data.augment.pixels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SIMD within a register: arithmetic on several bytes of a picture at once, each in a lane of 16
 * bits. Weights are 256ths.
 *
 * <p>Differences between lanes may be negative on the way; what comes out of a lane is a mean of
 * bytes and fits, so that borrows cancel.
 */
final class Swar {

  /** Fractional bits of a weight. */
  static final int WEIGHT_BITS = 8;

  /** A weight of one. */
  static final int WEIGHT = 1 << WEIGHT_BITS;

  /** Two pixels side by side and two bytes of the next. */
  static final int BYTES = Long.BYTES;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long EVEN = 0x00FF00FF00FF00FFL;
  private static final long ODD = ~EVEN;
  private static final long HALVES = 0x0080008000800080L;

  /** Bits of a pixel. */
  private static final int PIXEL = 24;

  private static final long RED_BLUE = 0xFF00FFL;
  private static final long GREEN = 0xFF00L;
  private static final long RED_BLUE_HALVES = 0x800080L;
  private static final long GREEN_HALF = 0x8000L;

  private Swar() {}

  static long load(byte[] bytes, int at) {
    return (long) LONGS.get(bytes, at);
  }

  static void store(byte[] bytes, int at, long value) {
    LONGS.set(bytes, at, value);
  }

  /** Writes a pixel, and nothing of worth into the byte behind it. */
  static void storePixel(byte[] bytes, int at, long pixel) {
    INTS.set(bytes, at, (int) pixel);
  }

  /** Eight means of two bytes each; the second ones count {@code weight} 256ths. */
  static long mix(long first, long second, int weight) {
    long even = first & EVEN;
    long odd = (first >>> Byte.SIZE) & EVEN;
    long evenSum = (even << WEIGHT_BITS) + ((second & EVEN) - even) * weight + HALVES;
    long oddSum = (odd << WEIGHT_BITS) + (((second >>> Byte.SIZE) & EVEN) - odd) * weight + HALVES;
    return ((evenSum >>> WEIGHT_BITS) & EVEN) | (oddSum & ODD);
  }

  /** Eight means of three bytes each, by weights that sum to 256. */
  static long mix(long first, int a, long second, int b, long third, int c) {
    long evenSum = (first & EVEN) * a + (second & EVEN) * b + (third & EVEN) * c + HALVES;
    long oddSum =
        ((first >>> Byte.SIZE) & EVEN) * a
            + ((second >>> Byte.SIZE) & EVEN) * b
            + ((third >>> Byte.SIZE) & EVEN) * c
            + HALVES;
    return ((evenSum >>> WEIGHT_BITS) & EVEN) | (oddSum & ODD);
  }

  /** The mean of the two pixels in six bytes; the second one counts {@code weight} 256ths. */
  static long mixPixels(long pair, int weight) {
    long second = pair >>> PIXEL;
    long redBlue = pair & RED_BLUE;
    long green = pair & GREEN;
    long redBlueSum =
        (redBlue << WEIGHT_BITS) + ((second & RED_BLUE) - redBlue) * weight + RED_BLUE_HALVES;
    long greenSum = (green << WEIGHT_BITS) + ((second & GREEN) - green) * weight + GREEN_HALF;
    return ((redBlueSum >>> WEIGHT_BITS) & RED_BLUE) | ((greenSum >>> WEIGHT_BITS) & GREEN);
  }

  /** The mean of the two pixels in six bytes and a third one, by weights that sum to 256. */
  static long mixPixels(long pair, int a, int b, long third, int c) {
    long second = pair >>> PIXEL;
    long redBlueSum =
        (pair & RED_BLUE) * a + (second & RED_BLUE) * b + (third & RED_BLUE) * c + RED_BLUE_HALVES;
    long greenSum = (pair & GREEN) * a + (second & GREEN) * b + (third & GREEN) * c + GREEN_HALF;
    return ((redBlueSum >>> WEIGHT_BITS) & RED_BLUE) | ((greenSum >>> WEIGHT_BITS) & GREEN);
  }
}
