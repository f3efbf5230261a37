package io.lockstep.data.preprocess;

import io.lockstep.config.Key;
import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.record.DataObject;
import java.util.List;

/**
 * Leaves out objects that are too small to be seen.
 *
 * @param minSide pixels that the longer side of the box around an object has at least
 */
@Key("Leaves out objects that are too small to be seen.")
public record DropSmall(
    @Key(
            value = "The longer side of the box around an object is at least so long.",
            otherwise = "4.0",
            min = 1,
            max = 1 << 20,
            unit = "pixels")
        double minSide)
    implements Preprocessor {

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().filter(this::isSeen).toList();
  }

  private boolean isSeen(DataObject object) {
    Geometry.Box box = object.geometry().bounds();
    return Math.max(box.width(), box.height()) >= minSide;
  }
}
