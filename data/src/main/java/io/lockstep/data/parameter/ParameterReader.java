package io.lockstep.data.parameter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.lockstep.config.text.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reads the values of declared parameters and reports everything that is wrong with them. */
public final class ParameterReader {

  private static final int BOTH_ENDS = 2;

  private final List<String> problems;

  /** A reader that adds to a list of problems. */
  public ParameterReader(List<String> problems) {
    this.problems = problems;
  }

  /**
   * Reads a list whose entries are names, or mappings of one name to parameters.
   *
   * @param known what may be named
   * @param noun what they are, for messages
   * @param example of an entry
   */
  public <K extends Kind> List<Configured<K>> list(
      JsonNode list, String path, List<K> known, String noun, String example) {
    List<Configured<K>> configured = new ArrayList<>();
    if (!list.isArray() || list.isEmpty()) {
      problems.add(
          "%s must be a list with at least one %s, for instance `- %s`"
              .formatted(path, noun, example));
      return configured;
    }
    for (int i = 0; i < list.size(); i++) {
      JsonNode entry = list.get(i);
      String at = path + "[" + i + "]";
      if (entry.isTextual()) {
        entry(entry.textValue(), NullNode.instance, at, known, noun).ifPresent(configured::add);
      } else if (entry.isObject() && entry.size() == 1) {
        var only = entry.properties().iterator().next();
        entry(only.getKey(), only.getValue(), at, known, noun).ifPresent(configured::add);
      } else {
        problems.add(
            "%s must be one %s with its parameters, for instance `%s`"
                .formatted(at, noun, example));
      }
    }
    return configured;
  }

  private <K extends Kind> Optional<Configured<K>> entry(
      String name, JsonNode values, String at, List<K> known, String noun) {
    Optional<K> kind = known.stream().filter(each -> each.name().equals(name)).findFirst();
    if (kind.isEmpty()) {
      List<String> names = known.stream().map(Kind::name).toList();
      return problem("%s: unknown %s '%s'%s".formatted(at, noun, name, hint(name, names)));
    }
    Map<String, Object> defaults = new TreeMap<>();
    kind.get()
        .parameters()
        .forEach(parameter -> defaults.put(parameter.name(), parameter.otherwise()));
    Arguments arguments =
        changed(kind.get().parameters(), new Arguments(defaults), values, at + "." + name);
    return Optional.of(new Configured<>(kind.get(), arguments));
  }

  /** The values after what a mapping changes of them. */
  public Arguments changed(
      List<Parameter> declared, Arguments before, JsonNode changes, String path) {
    if (changes.isMissingNode() || changes.isNull()) {
      return before;
    }
    if (!changes.isObject()) {
      problems.add(path + " must be a mapping of parameters to values");
      return before;
    }
    Map<String, Object> changed = new TreeMap<>(before.values());
    refuseUnknown(changes, path, declared.stream().map(Parameter::name).toList());
    for (Parameter parameter : declared) {
      if (changes.has(parameter.name())) {
        value(parameter, changes.get(parameter.name()), path + "." + parameter.name())
            .ifPresent(value -> changed.put(parameter.name(), value));
      }
    }
    return new Arguments(changed);
  }

  /** Reports keys that nobody knows, with the nearest one that is known. */
  public void refuseUnknown(JsonNode node, String path, List<String> known) {
    for (var property : node.properties()) {
      if (!known.contains(property.getKey())) {
        problems.add(
            "unknown key " + path + "." + property.getKey() + hint(property.getKey(), known));
      }
    }
  }

  /** The value, or nothing after reporting what is wrong with it. */
  private Optional<Object> value(Parameter parameter, JsonNode node, String path) {
    return switch (parameter) {
      case Parameter.Numeric numeric -> numeric(numeric, node, path).map(Object.class::cast);
      case Parameter.Range range -> range(range, node, path).map(Object.class::cast);
      case Parameter.Flag ignored ->
          node.isBoolean()
              ? Optional.of(node.booleanValue())
              : problem(path + " must be true or false, not " + node);
      case Parameter.Choice choice -> choice(choice, node, path);
      case Parameter.Text ignored ->
          node.isTextual() && !node.asText().isBlank()
              ? Optional.of(node.textValue())
              : problem(path + " must be a text, not " + node);
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
  public Optional<Double> number(JsonNode node, Interval bounds, String path) {
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

  /** A question that ends a message, if one of the known names is near. */
  public static String hint(String given, List<String> known) {
    return NearestName.of(given, known).map(name -> ": did you mean '" + name + "'?").orElse("");
  }

  /** Whole numbers without a fraction. */
  private static String text(double number) {
    return number == StrictMath.rint(number) && Math.abs(number) < Integer.MAX_VALUE
        ? Long.toString((long) number)
        : Double.toString(number);
  }
}
