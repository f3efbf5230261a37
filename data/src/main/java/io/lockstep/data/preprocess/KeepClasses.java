package io.lockstep.data.preprocess;

import io.lockstep.config.Key;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import java.util.List;

/**
 * Leaves out objects of other classes.
 *
 * @param classes these and what is below them
 */
@Key("Leaves out objects of other classes.")
public record KeepClasses(
    @Key(value = "These and what is below them.", min = 1) List<String> classes)
    implements Preprocessor {

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().filter(object -> Description.isOf(object.desc(), classes)).toList();
  }
}
