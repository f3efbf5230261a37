package io.lockstep.data.preprocess;

import io.lockstep.data.parameter.Arguments;
import io.lockstep.data.parameter.Parameter;
import io.lockstep.data.record.DataObject;
import io.lockstep.data.record.Description;
import java.util.List;

/** Gives a class, and what is below it, another name: what follows the class stays as it is. */
record RenameClass(String from, String to) implements Preprocessor {

  static final PreprocessorType TYPE =
      PreprocessorType.of(
          "rename_class", RenameClass::of, Parameter.text("from"), Parameter.text("to"));

  private static RenameClass of(Arguments arguments) {
    RenameClass rename =
        new RenameClass(Required.text(arguments, "from"), Required.text(arguments, "to"));
    Description.problem(rename.to)
        .ifPresent(problem -> {
          throw new IllegalArgumentException("would write 'to', which " + problem);
        });
    return rename;
  }

  @Override
  public List<DataObject> apply(List<DataObject> objects) {
    return objects.stream().map(this::renamed).toList();
  }

  private DataObject renamed(DataObject object) {
    return Description.isOf(object.desc(), List.of(from))
        ? new DataObject(to + Description.below(object.desc(), from), object.geometry())
        : object;
  }
}
