package io.lockstep.data.parameter;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Predicate;

/** Writes the values of declared parameters as they are read. */
public final class ParameterWriter {

  private ParameterWriter() {}

  /**
   * Writes the values of those parameters that are wanted.
   *
   * @param node that the values are put into, by name
   */
  public static void write(
      ObjectNode node, List<Parameter> declared, Arguments arguments, Predicate<Parameter> wanted) {
    for (Parameter parameter : declared) {
      if (!wanted.test(parameter)) {
        continue;
      }
      String name = parameter.name();
      switch (parameter) {
        case Parameter.Numeric numeric -> {
          if (numeric.whole()) {
            node.put(name, arguments.integer(name));
          } else {
            node.put(name, arguments.number(name));
          }
        }
        case Parameter.Range ignored -> {
          Interval interval = arguments.interval(name);
          node.putArray(name).add(interval.low()).add(interval.high());
        }
        case Parameter.Flag ignored -> node.put(name, arguments.flag(name));
        case Parameter.Choice ignored -> node.put(name, arguments.text(name));
        case Parameter.Text ignored -> node.put(name, arguments.text(name));
        case Parameter.Texts ignored -> {
          ArrayNode texts = node.putArray(name);
          arguments.texts(name).forEach(texts::add);
        }
      }
    }
  }
}
