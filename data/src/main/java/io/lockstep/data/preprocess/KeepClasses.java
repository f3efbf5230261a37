package io.lockstep.data.preprocess;

import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Parameter;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import java.util.List;

/** Leaves out objects of other classes. */
record KeepClasses(List<String> classes) implements Preprocessor {

  static final PreprocessorType TYPE =
      PreprocessorType.of("keep_classes", KeepClasses::of, Parameter.texts("classes"));

  private static KeepClasses of(Arguments arguments) {
    return new KeepClasses(Required.texts(arguments, "classes"));
  }

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().filter(object -> Description.isOf(object.desc(), classes)).toList();
  }
}
