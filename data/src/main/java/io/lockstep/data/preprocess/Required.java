package io.lockstep.data.preprocess;

import io.lockstep.data.parameter.Arguments;
import java.util.List;

/** Arguments that have no default. */
final class Required {

  private Required() {}

  static String text(Arguments arguments, String name) {
    String text = arguments.text(name);
    if (text.isEmpty()) {
      throw new IllegalArgumentException("needs '" + name + "'");
    }
    return text;
  }

  static List<String> texts(Arguments arguments, String name) {
    List<String> texts = arguments.texts(name);
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("needs '" + name + "', a list of at least one text");
    }
    return texts;
  }
}
