package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.text.NearestName;
import io.lockstep.config.text.UsableText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/** The forms of plain types. */
final class Forms {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String SECONDS = "seconds";
  private static final double MILLIS = 1000;

  private Forms() {}

  /** A form that first looks whether a value is of the right kind. */
  private record Plain<T>(
      String words,
      ObjectNode schema,
      Predicate<JsonNode> fits,
      BiFunction<JsonNode, Place, Optional<T>> convert,
      Function<T, JsonNode> writer,
      T whenFaulty)
      implements Form<T> {

    @Override
    public Optional<T> read(JsonNode value, Place place) {
      if (!fits.test(value)) {
        place.problem("must be " + words + ", not " + value);
        return Optional.empty();
      }
      return convert.apply(value, place);
    }

    @Override
    public JsonNode write(T value) {
      return writer.apply(value);
    }
  }

  /**
   * The form of a component.
   *
   * @param type its type, or that of the entries of its list
   */
  @SuppressWarnings("unchecked")
  static Form<Object> of(Class<?> type, boolean list, Key key) {
    return (Form<Object>) form(type, list, key);
  }

  private static Form<?> form(Class<?> type, boolean list, Key key) {
    if (key.form().length > 0) {
      return instance(key.form()[0]);
    }
    if (list && type == String.class) {
      return texts(key);
    }
    if (type == boolean.class || type == Boolean.class) {
      return new Plain<>(
          "true or false",
          schema("boolean"),
          JsonNode::isBoolean,
          (value, _) -> Optional.of(value.booleanValue()),
          JSON::booleanNode,
          false);
    }
    if (type == int.class || type == Integer.class) {
      return whole(key, Integer.MIN_VALUE, Integer.MAX_VALUE, Math::toIntExact, JSON::numberNode);
    }
    if (type == long.class || type == Long.class) {
      return whole(key, Long.MIN_VALUE, Long.MAX_VALUE, value -> value, JSON::numberNode);
    }
    if (type == double.class || type == Double.class) {
      return number(key, value -> value, JSON::numberNode);
    }
    if (type == Duration.class) {
      return duration(key);
    }
    if (type == Interval.class) {
      return interval(key);
    }
    if (type == String.class) {
      return text(key);
    }
    if (type == Path.class) {
      return path(key);
    }
    if (type.isEnum()) {
      return choice(List.of(Objects.requireNonNull(type.getEnumConstants())), key);
    }
    throw new IllegalStateException("no form for " + type + ": name one in its @Key");
  }

  /** What a key names a class for. */
  static <T> T instance(Class<T> type) {
    try {
      var constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " has no constructor without arguments", e);
    }
  }

  private static <N extends Number> Form<N> whole(
      Key key, long least, long most, Function<Long, N> narrow, Function<N, JsonNode> writer) {
    long min = Math.max(least, (long) key.min());
    long max = Math.min(most, (long) key.max());
    return new Plain<>(
        "a whole number",
        bounds(schema("integer"), key),
        value -> value.canConvertToExactIntegral() && value.canConvertToLong(),
        (value, place) -> {
          if (value.longValue() >= min && value.longValue() <= max) {
            return Optional.of(narrow.apply(value.longValue()));
          }
          place.problem("must be between %d and %d, not %s".formatted(min, max, value));
          return Optional.empty();
        },
        writer,
        narrow.apply(Math.clamp(0L, min, max)));
  }

  private static <T> Form<T> number(
      Key key, Function<Double, T> convert, Function<T, JsonNode> writer) {
    return new Plain<>(
        "a number",
        bounds(schema("number"), key),
        JsonNode::isNumber,
        (value, place) -> {
          double number = value.doubleValue();
          boolean enough = key.aboveMin() ? number > key.min() : number >= key.min();
          if (enough && number <= key.max()) {
            return Optional.of(convert.apply(number));
          }
          place.problem(
              (key.aboveMin()
                          ? "must be more than %s and at most %s, not %s"
                          : "must be between %s and %s, not %s")
                      .formatted(text(key.min()), text(key.max()), value)
                  + remedy(key));
          return Optional.empty();
        },
        writer,
        convert.apply(Math.clamp(0.0, key.min(), key.max())));
  }

  private static Form<Duration> duration(Key key) {
    boolean seconds = key.unit().equals(SECONDS);
    return number(
        key,
        value -> Duration.ofMillis(Math.round(seconds ? value * MILLIS : value)),
        value ->
            seconds
                ? JSON.numberNode(value.toMillis() / MILLIS)
                : JSON.numberNode(value.toMillis()));
  }

  private static Form<Interval> interval(Key key) {
    Form<Double> end = number(key, value -> value, JSON::numberNode);
    ObjectNode both = schema("array").put("minItems", 2).put("maxItems", 2);
    both.set("items", end.schema());
    ObjectNode schema = JSON.objectNode();
    schema.putArray("anyOf").add(end.schema()).add(both);
    return new Plain<>(
        "[low, high] or one number for both",
        schema,
        value -> value.isNumber() || (value.isArray() && value.size() == 2),
        (value, place) -> {
          if (value.isNumber()) {
            return end.read(value, place).map(number -> new Interval(number, number));
          }
          Optional<Double> low = end.read(value.get(0), place.at(0));
          Optional<Double> high = end.read(value.get(1), place.at(1));
          if (low.isEmpty() || high.isEmpty()) {
            return Optional.empty();
          }
          if (low.get() > high.get()) {
            place.problem("must have the lower number first, is " + value);
            return Optional.empty();
          }
          return Optional.of(new Interval(low.get(), high.get()));
        },
        interval -> JSON.arrayNode().add(interval.low()).add(interval.high()),
        new Interval(end.whenFaulty(), end.whenFaulty()));
  }

  private static Form<String> text(Key key) {
    ObjectNode schema = schema("string");
    if (!key.pattern().isEmpty()) {
      schema.put("pattern", "^(" + key.pattern() + ")$");
    }
    return new Plain<>(
        key.pattern().isEmpty() ? "text" : key.patternInWords(),
        schema,
        JsonNode::isValueNode,
        (value, place) -> {
          String text = value.asText();
          Optional<String> unusable = UsableText.problem(text);
          unusable.ifPresent(place::problem);
          if (!key.pattern().isEmpty() && !text.matches(key.pattern())) {
            place.problem(
                "must be %s, not '%s'%s".formatted(key.patternInWords(), text, remedy(key)));
            return Optional.empty();
          }
          return unusable.isPresent() ? Optional.empty() : Optional.of(text);
        },
        JSON::textNode,
        "?");
  }

  private static Form<Path> path(Key key) {
    return new Plain<>(
        "a path",
        schema("string"),
        JsonNode::isValueNode,
        (value, place) -> {
          Optional<String> unusable = UsableText.problem(value.asText());
          if (unusable.isPresent()) {
            place.problem(unusable.get());
            return Optional.empty();
          }
          Path path = place.resolve(value.asText());
          if (key.mustExist() && !place.isStored() && !Files.exists(path)) {
            place.problem("names " + path + ", which does not exist");
            return Optional.empty();
          }
          return Optional.of(path);
        },
        path -> JSON.textNode(path.toString()),
        Path.of(""));
  }

  private static Form<Object> choice(List<?> constants, Key key) {
    List<String> labels = constants.stream().map(Forms::label).toList();
    String words = (labels.size() == 1 ? "" : "one of ") + String.join(", ", labels);
    ObjectNode schema = JSON.objectNode();
    labels.forEach(schema.putArray("enum")::add);
    return new Plain<>(
        words,
        schema,
        JsonNode::isValueNode,
        (value, place) -> {
          int index = labels.indexOf(value.asText().toLowerCase(Locale.ROOT));
          if (index < 0) {
            place.problem(
                "must be %s, not '%s'%s%s"
                    .formatted(
                        words,
                        value.asText(),
                        key.remedy().isEmpty() ? hint(value.asText(), labels) : "",
                        remedy(key)));
            return Optional.empty();
          }
          return Optional.of(constants.get(index));
        },
        constant -> JSON.textNode(label(constant)),
        constants.getFirst());
  }

  private static Form<List<String>> texts(Key key) {
    ObjectNode schema = entries(key);
    schema.set("items", schema("string"));
    return new Plain<>(
        key.min() > 0 ? "a list of at least one text" : "a list of texts",
        schema,
        value ->
            value.isArray()
                && value.size() >= key.min()
                && value
                    .valueStream()
                    .allMatch(text -> text.isTextual() && !text.textValue().isBlank()),
        (value, place) -> {
          List<String> texts = value.valueStream().map(JsonNode::textValue).toList();
          List<String> unusable =
              texts.stream().flatMap(text -> UsableText.problem(text).stream()).toList();
          unusable.forEach(place::problem);
          return unusable.isEmpty() ? Optional.of(texts) : Optional.empty();
        },
        texts -> {
          ArrayNode list = JSON.arrayNode();
          texts.forEach(list::add);
          return list;
        },
        List.of());
  }

  private static ObjectNode schema(String type) {
    return JSON.objectNode().put("type", type);
  }

  /** The schema of a list, but for its entries. */
  static ObjectNode entries(Key key) {
    ObjectNode schema = schema("array");
    if (key.min() > 0) {
      schema.put("minItems", (int) key.min());
    }
    return schema;
  }

  /** A bound; whole numbers without a fraction. */
  static String text(double bound) {
    return bound == Math.rint(bound) && Math.abs(bound) <= Long.MAX_VALUE
        ? Long.toString((long) bound)
        : Double.toString(bound);
  }

  private static ObjectNode bounds(ObjectNode schema, Key key) {
    if (Double.isFinite(key.min())) {
      put(schema, key.aboveMin() ? "exclusiveMinimum" : "minimum", key.min());
    }
    if (Double.isFinite(key.max())) {
      put(schema, "maximum", key.max());
    }
    return schema;
  }

  private static void put(ObjectNode schema, String key, double bound) {
    if (bound == Math.rint(bound)) {
      schema.put(key, (long) bound);
    } else {
      schema.put(key, bound);
    }
  }

  private static String label(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT);
  }

  private static String remedy(Key key) {
    return key.remedy().isEmpty() ? "" : ": " + key.remedy();
  }

  /** A question that ends a message, if one of the known names is near. */
  static String hint(String given, Iterable<String> known) {
    return NearestName.of(given, known).map(name -> ": did you mean '" + name + "'?").orElse("");
  }
}
