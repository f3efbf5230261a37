package io.lockstep.data.record;

import io.lockstep.data.geometry.Point;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.stream.DoubleStream;

/** Coordinates that are shares of the picture, from 0 to 1, where pixels belong. */
public final class Shares {

  static final String PROBLEM =
      "all coordinates lie between 0 and 1, as shares of the picture do; multiply x by its width and"
          + " y by its height: coordinates are pixels";

  private Shares() {}

  /**
   * Whether all that is annotated on a picture lies in its first pixel, and not on whole ones: so
   * shares look, and hardly anything else.
   */
  public static boolean areLikely(DoubleStream coordinates, int width, int height) {
    boolean fraction = false;
    PrimitiveIterator.OfDouble all = coordinates.iterator();
    while (all.hasNext()) {
      double each = all.nextDouble();
      if (!(each >= 0 && each <= 1)) {
        return false;
      }
      fraction |= each != Math.rint(each);
    }
    return fraction && (width > 1 || height > 1);
  }

  static boolean areLikely(List<DataObject> objects, int width, int height) {
    return areLikely(
        objects.stream()
            .flatMap(object -> object.geometry().points().stream())
            .flatMapToDouble((Point point) -> DoubleStream.of(point.x(), point.y())),
        width,
        height);
  }
}
