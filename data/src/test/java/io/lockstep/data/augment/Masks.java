package io.lockstep.data.augment;

import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.geometry.Point;
import io.lockstep.data.image.RgbImage;
import java.util.Arrays;
import java.util.List;

/** Paints objects as masks, to compare pixels with annotations. */
final class Masks {

  private static final int CHANNELS = 3;

  private Masks() {}

  /** White where the object is, black elsewhere. */
  static RgbImage paint(Geometry geometry, Frame frame) {
    boolean[] mask = of(geometry, frame);
    byte[] rgb = new byte[mask.length * CHANNELS];
    for (int i = 0; i < mask.length; i++) {
      if (mask[i]) {
        Arrays.fill(rgb, i * CHANNELS, (i + 1) * CHANNELS, (byte) 255);
      }
    }
    return new RgbImage(frame.width(), frame.height(), rgb);
  }

  /** Where a picture is more white than its grey filling. */
  static boolean[] white(RgbImage picture) {
    boolean[] mask = new boolean[picture.width() * picture.height()];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = (picture.rgb()[i * CHANNELS] & 0xFF) > 0x90;
    }
    return mask;
  }

  /** Pixels whose centre lies in the object. */
  static boolean[] of(Geometry geometry, Frame frame) {
    boolean[] mask = new boolean[frame.width() * frame.height()];
    List<Point> ring = geometry.points();
    for (int y = 0; y < frame.height(); y++) {
      for (int x = 0; x < frame.width(); x++) {
        mask[y * frame.width() + x] = isInside(ring, x + 0.5, y + 0.5);
      }
    }
    return mask;
  }

  private static boolean isInside(List<Point> ring, double x, double y) {
    boolean inside = false;
    for (int i = 0; i < ring.size(); i++) {
      Point a = ring.get(i);
      Point b = ring.get((i + 1) % ring.size());
      if (a.y() > y != b.y() > y && x < a.x() + (y - a.y()) / (b.y() - a.y()) * (b.x() - a.x())) {
        inside = !inside;
      }
    }
    return inside;
  }

  /** How many pixels a mask has. */
  static int count(boolean[] mask) {
    int count = 0;
    for (boolean pixel : mask) {
      count += pixel ? 1 : 0;
    }
    return count;
  }

  /** Intersection over union. */
  static double iou(boolean[] a, boolean[] b) {
    int both = 0;
    int either = 0;
    for (int i = 0; i < a.length; i++) {
      both += a[i] && b[i] ? 1 : 0;
      either += a[i] || b[i] ? 1 : 0;
    }
    return either == 0 ? 1 : (double) both / either;
  }
}
