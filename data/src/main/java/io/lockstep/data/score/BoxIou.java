package io.lockstep.data.score;

import io.lockstep.data.geometry.Geometry.Box;

/** The overlap of boxes: the area of their intersection over that of their union (Jaccard). */
public final class BoxIou {

  private BoxIou() {}

  /** From 0 to 1; 0 for boxes that only touch, and for boxes without area. */
  public static double of(Box a, Box b) {
    double width = Math.min(a.x2(), b.x2()) - Math.max(a.x1(), b.x1());
    double height = Math.min(a.y2(), b.y2()) - Math.max(a.y1(), b.y1());
    if (width <= 0 || height <= 0) {
      return 0;
    }
    double both = width * height;
    return both / (a.width() * a.height() + b.width() * b.height() - both);
  }
}
