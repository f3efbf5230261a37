package io.lockstep.data.augment;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.data.augment.operator.Interval;
import io.lockstep.data.augment.operator.Parameter;
import io.lockstep.data.naming.NearestName;
import java.util.List;
import java.util.Optional;

/** Reads the values of declared parameters. */
final class ParameterReader {

  private static final int BOTH_ENDS = 2;

  private final List<String> problems;

  ParameterReader(List<String> problems) {
    this.problems = problems;
  }

  /** The value, or nothing after reporting what is wrong with it. */
  Optional<Object> value(Parameter parameter, JsonNode node, String path) {
    return switch (parameter) {
      case Parameter.Numeric numeric -> numeric(numeric, node, path).map(Object.class::cast);
      case Parameter.Range range -> range(range, node, path).map(Object.class::cast);
      case Parameter.Flag ignored ->
          node.isBoolean()
              ? Optional.of(node.booleanValue())
              : problem(path + " must be true or false, not " + node);
      case Parameter.Choice choice -> choice(choice, node, path);
      case Parameter.Texts ignored -> texts(node, path);
    };
  }

  private Optional<Double> numeric(Parameter.Numeric parameter, JsonNode node, String path) {
    Optional<Double> number = number(node, parameter.bounds(), path);
    if (number.isPresent() && parameter.whole() && StrictMath.rint(number.get()) != number.get()) {
      return problem(path + " must be a whole number, not " + node);
    }
    return number;
  }

  /** A number within bounds. */
  Optional<Double> number(JsonNode node, Interval bounds, String path) {
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      return problem(path + " must be a number, not " + node);
    }
    if (!bounds.contains(node.doubleValue())) {
      return problem(
          "%s must be between %s and %s, not %s"
              .formatted(path, text(bounds.low()), text(bounds.high()), node));
    }
    return Optional.of(node.doubleValue());
  }

  private Optional<Interval> range(Parameter.Range parameter, JsonNode node, String path) {
    if (node.isNumber()) {
      return number(node, parameter.bounds(), path).map(both -> new Interval(both, both));
    }
    if (!node.isArray() || node.size() != BOTH_ENDS) {
      return problem(path + " must be two numbers [low, high] or one for both, not " + node);
    }
    Optional<Double> low = number(node.get(0), parameter.bounds(), path + "[0]");
    Optional<Double> high = number(node.get(1), parameter.bounds(), path + "[1]");
    if (low.isEmpty() || high.isEmpty()) {
      return Optional.empty();
    }
    return low.get() <= high.get()
        ? Optional.of(new Interval(low.get(), high.get()))
        : problem(path + " must have the lower number first, is " + node);
  }

  private Optional<Object> choice(Parameter.Choice parameter, JsonNode node, String path) {
    if (node.isTextual() && parameter.words().contains(node.textValue())) {
      return Optional.of(node.textValue());
    }
    return problem(
        "%s must be one of %s, not %s%s"
            .formatted(
                path,
                String.join(", ", parameter.words()),
                node,
                hint(node.asText(), parameter.words())));
  }

  private Optional<Object> texts(JsonNode node, String path) {
    boolean good =
        node.isArray()
            && node.valueStream().allMatch(text -> text.isTextual() && !text.asText().isBlank());
    return good
        ? Optional.of(node.valueStream().map(JsonNode::asText).toList())
        : problem(path + " must be a list of texts, not " + node);
  }

  private <T> Optional<T> problem(String what) {
    problems.add(what);
    return Optional.empty();
  }

  static String hint(String given, List<String> known) {
    return NearestName.of(given, known).map(name -> ": did you mean '" + name + "'?").orElse("");
  }

  /** Whole numbers without a fraction. */
  private static String text(double number) {
    return number == StrictMath.rint(number) && Math.abs(number) < Integer.MAX_VALUE
        ? Long.toString((long) number)
        : Double.toString(number);
  }
}
