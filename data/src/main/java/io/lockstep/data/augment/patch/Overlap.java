package io.lockstep.data.augment.patch;

import io.lockstep.data.bank.Region;
import io.lockstep.data.geometry.Affine;
import io.lockstep.data.geometry.Frame;
import io.lockstep.data.geometry.Geometry;

/**
 * How much of an object a rectangle hides.
 *
 * @param mode how exactly
 * @param lineBuffer pixels beside a line that belong to it
 */
record Overlap(Mode mode, double lineBuffer) {

  /** What of an object counts. */
  enum Mode {
    /** The box around it. */
    AABB,
    /** Its own area or length. */
    MASK
  }

  /** The share of an object that lies in a region, from 0 to 1. */
  double hidden(Geometry geometry, Region region) {
    boolean isLine = geometry instanceof Geometry.Polyline;
    double buffer = isLine ? lineBuffer : 0;
    if (mode == Mode.AABB) {
      return ofBox(geometry.bounds(), buffer, region);
    }
    // A line is hidden where its buffer is: the region grows instead of the line.
    int grown = (int) Math.ceil(buffer);
    Frame frame = new Frame(region.width() + 2 * grown, region.height() + 2 * grown);
    return geometry
        .transformed(Affine.translation(grown - (double) region.x(), grown - (double) region.y()))
        .coverage(frame);
  }

  private static double ofBox(Geometry.Box box, double buffer, Region region) {
    double width = box.width() + 2 * buffer;
    double height = box.height() + 2 * buffer;
    double x = common(box.x1() - buffer, width, region.x(), region.width());
    double y = common(box.y1() - buffer, height, region.y(), region.height());
    return x * y;
  }

  /** The share of an interval that another one covers; of an empty one all or nothing. */
  private static double common(double from, double length, double otherFrom, double otherLength) {
    if (length <= 0) {
      return from >= otherFrom && from <= otherFrom + otherLength ? 1 : 0;
    }
    double begin = Math.max(from, otherFrom);
    double end = Math.min(from + length, otherFrom + otherLength);
    return Math.max(0, end - begin) / length;
  }
}
