package io.lockstep.data.preprocess;

import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Parameter;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import java.util.List;

/** Leaves out objects of some classes. */
record DropClasses(List<String> classes) implements Preprocessor {

  static final PreprocessorType TYPE =
      PreprocessorType.of("drop_classes", DropClasses::of, Parameter.texts("classes"));

  private static DropClasses of(Arguments arguments) {
    return new DropClasses(Required.texts(arguments, "classes"));
  }

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().filter(object -> !Description.isOf(object.desc(), classes)).toList();
  }
}
