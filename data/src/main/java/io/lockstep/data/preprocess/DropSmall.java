package io.lockstep.data.preprocess;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Parameter;
import io.lockstep.data.record.DataObject;
import java.util.List;

/**
 * Leaves out objects that are too small to be seen.
 *
 * @param minSide pixels that the longer side of the box around an object has at least
 */
record DropSmall(double minSide) implements Preprocessor {

  static final PreprocessorType TYPE =
      PreprocessorType.of("drop_small", DropSmall::of, Parameter.number("min_side", 4, 1, 1 << 20));

  private static DropSmall of(Arguments arguments) {
    return new DropSmall(arguments.number("min_side"));
  }

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().filter(this::isSeen).toList();
  }

  private boolean isSeen(DataObject object) {
    Geometry.Box box = object.geometry().bounds();
    return Math.max(box.width(), box.height()) >= minSide;
  }
}
