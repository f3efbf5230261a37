package io.lockstep.data.preprocess;

import io.lockstep.data.record.DataObject;
import java.util.List;

/** Changes the objects of a record; a pure function of them. */
@FunctionalInterface
public interface Preprocessor {

  /** The objects that take the place of these, in the same order. */
  List<DataObject> apply(List<DataObject> objects);
}
