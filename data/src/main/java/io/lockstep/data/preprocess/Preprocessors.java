package io.lockstep.data.preprocess;

import java.util.List;

/** Every preprocessor that a configuration may name: a new one is a class and a line here. */
public final class Preprocessors {

  private static final List<PreprocessorType> ALL =
      List.of(KeepClasses.TYPE, DropClasses.TYPE, RenameClass.TYPE, DropSmall.TYPE);

  private Preprocessors() {}

  /** All of them. */
  public static List<PreprocessorType> all() {
    return ALL;
  }
}
