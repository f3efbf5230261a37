package io.lockstep.data.image;

import java.util.Arrays;

/**
 * Which coefficients of a JPEG have come, and how exactly.
 *
 * <p>A progressive picture without its last scans can be shown, smoothed by rules that differ
 * between decoders; here it counts as cut off.
 */
final class JpegScans {
  private static final int COEFFICIENTS = 64;
  private static final int MISSING = -1;

  /** Decoders smooth if one of the first coefficients is missing, as it never is in a whole one. */
  private static final int SMOOTHED = 10;

  private final JpegHeader.Frame frame;
  private final int[][] missingBits;
  private int scans;

  JpegScans(JpegHeader.Frame frame) {
    this.frame = frame;
    this.missingBits = new int[frame.ids().size()][COEFFICIENTS];
    for (int[] component : missingBits) {
      Arrays.fill(component, MISSING);
    }
  }

  int count() {
    return scans;
  }

  /** Takes note of a start-of-scan segment, by ITU-T T.81, B.2.3. */
  void add(Encoded jpeg, int data, int length) throws UnreadableImageException {
    int components = jpeg.u8(data);
    int spectrum = data + 1 + 2 * components;
    if (length != 2 * components + 4) {
      throw jpeg.error("is damaged: a scan header has the wrong length");
    }
    int first = frame.progressive() ? jpeg.u8(spectrum) : 0;
    int last = frame.progressive() ? jpeg.u8(spectrum + 1) : COEFFICIENTS - 1;
    int bits = frame.progressive() ? jpeg.u8(spectrum + 2) & 15 : 0;
    if (first > last || last >= COEFFICIENTS) {
      throw jpeg.error("is damaged: a scan of coefficients %d to %d".formatted(first, last));
    }
    for (int i = 0; i < components; i++) {
      int component = frame.ids().indexOf(jpeg.u8(data + 1 + 2 * i));
      if (component < 0) {
        throw jpeg.error("is damaged: a scan of an unknown component");
      }
      Arrays.fill(missingBits[component], first, last + 1, bits);
    }
    scans++;
  }

  boolean complete() {
    for (int[] component : missingBits) {
      for (int i = 0; i < COEFFICIENTS; i++) {
        if (component[i] > 0 || (component[i] == MISSING && i < SMOOTHED)) {
          return false;
        }
      }
    }
    return true;
  }
}
