package io.lockstep.data.preprocess;

import io.lockstep.config.Kinds;
import java.util.List;

/** Every preprocessor that a configuration may name: a new one is a class and a line here. */
public final class Preprocessors implements Kinds {

  @Override
  public List<Class<? extends Record>> types() {
    return List.of(KeepClasses.class, DropClasses.class, RenameClass.class, DropSmall.class);
  }

  @Override
  public String noun() {
    return "preprocessor";
  }

  @Override
  public String example() {
    return "{name: keep_classes, params: {classes: [BBU]}}";
  }
}
