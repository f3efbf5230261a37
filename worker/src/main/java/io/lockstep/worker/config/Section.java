package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.lockstep.config.text.NearestName;
import io.lockstep.config.text.UsableText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of the YAML file, read key by key. A wrong type or value becomes a problem and
 * reading goes on, so that the user sees all problems at once; a key that nobody asked for is a
 * problem too, with the nearest known key as a hint.
 */
final class Section {

  private static final JsonNode EMPTY_LIST = JsonNodeFactory.instance.arrayNode();

  private final String path;
  private final JsonNode node;
  private final List<String> problems;
  private final boolean stored;
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> refused = new LinkedHashSet<>();

  Section(String path, JsonNode node, List<String> problems) {
    this(path, node, problems, false);
  }

  /** A section of a file that was written earlier: what it names may have moved since. */
  Section(String path, JsonNode node, List<String> problems, boolean stored) {
    this.path = path;
    this.problems = problems;
    this.stored = stored;
    if (node.isObject() || node.isMissingNode() || node.isNull()) {
      this.node = node;
    } else {
      problems.add((path.isEmpty() ? "the file" : path) + " must be a mapping of keys to values");
      this.node = JsonNodeFactory.instance.objectNode();
    }
  }

  Section section(String key) {
    known.add(key);
    return new Section(name(key), node.path(key), problems, stored);
  }

  /** The sections of a list; none if it isn't there. */
  List<Section> sections(String key) {
    JsonNode list =
        read(key, EMPTY_LIST, "a list of mappings", JsonNode::isArray, value -> value, EMPTY_LIST);
    List<Section> sections = new ArrayList<>();
    for (JsonNode entry : list) {
      String place = name(key) + "[" + sections.size() + "]";
      sections.add(new Section(place, entry, problems, stored));
    }
    return sections;
  }

  /** What the file holds that a key names; its problems are reported with those of this one. */
  Section other(String key, Path file, JsonNode tree) {
    return new Section(name(key) + " (" + file + ")", tree, problems, stored);
  }

  /** Whether the files it names may be gone. */
  boolean isStored() {
    return stored;
  }

  String string(String key, @Nullable String otherwise) {
    String text = read(key, otherwise, "text", JsonNode::isValueNode, JsonNode::asText, "");
    UsableText.problem(text).ifPresent(what -> problem(key, what));
    return text;
  }

  Optional<String> optionalString(String key) {
    known.add(key);
    return node.hasNonNull(key) ? Optional.of(string(key, null)) : Optional.empty();
  }

  /** Whether the key is there and not null. */
  boolean has(String key) {
    known.add(key);
    return node.hasNonNull(key);
  }

  /** Whatever stands under the key. */
  JsonNode tree(String key) {
    known.add(key);
    return node.path(key);
  }

  /** Where problems are collected, for whoever reads a tree. */
  List<String> problems() {
    return problems;
  }

  /** A list of texts; empty if it isn't there. */
  List<String> strings(String key) {
    JsonNode list =
        read(key, EMPTY_LIST, "a list of texts", Section::isTexts, value -> value, EMPTY_LIST);
    List<String> texts = list.valueStream().map(JsonNode::asText).toList();
    texts.forEach(text -> UsableText.problem(text).ifPresent(what -> problem(key, what)));
    return texts;
  }

  private static boolean isTexts(JsonNode value) {
    return value.isArray()
        && value.valueStream().allMatch(text -> text.isTextual() && !text.asText().isEmpty());
  }

  /** Whether the key holds one value instead of a list. */
  boolean isText(String key) {
    known.add(key);
    return node.path(key).isTextual();
  }

  boolean bool(String key, boolean otherwise) {
    return read(
        key, otherwise, "true or false", JsonNode::isBoolean, JsonNode::asBoolean, otherwise);
  }

  int integer(String key, @Nullable Integer otherwise, int min) {
    return Math.toIntExact(
        longInteger(key, otherwise == null ? null : otherwise.longValue(), min, Integer.MAX_VALUE));
  }

  long longInteger(String key, @Nullable Long otherwise, long min, long max) {
    long value = read(key, otherwise, "a whole number", Section::isLong, JsonNode::asLong, min);
    if (value < min || value > max) {
      problem(key, "must be between " + min + " and " + max + ", not " + value);
      return min;
    }
    return value;
  }

  private static boolean isLong(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToLong();
  }

  /** A number in [min, max]. */
  double number(String key, @Nullable Double otherwise, double min, double max) {
    double value = read(key, otherwise, "a number", JsonNode::isNumber, JsonNode::asDouble, min);
    if (!(value >= min && value <= max)) {
      problem(key, "must be between " + min + " and " + max + ", not " + value);
      return min;
    }
    return value;
  }

  /** A number in [min, max], if the key is there. */
  Optional<Double> optionalNumber(String key, double min, double max) {
    known.add(key);
    return node.hasNonNull(key) ? Optional.of(number(key, null, min, max)) : Optional.empty();
  }

  <E extends Enum<E>> E choice(String key, @Nullable E otherwise, Class<E> type) {
    E[] constants = type.getEnumConstants();
    String text = string(key, otherwise == null ? null : label(otherwise));
    for (E constant : constants) {
      if (label(constant).equals(text)) {
        return constant;
      }
    }
    if (!text.isEmpty()) {
      List<String> labels = java.util.Arrays.stream(constants).map(Section::label).toList();
      problem(
          key,
          "must be one of "
              + String.join(", ", labels)
              + ", not '"
              + text
              + "'"
              + hint(text, labels));
    }
    return constants[0];
  }

  void problem(String key, String what) {
    problems.add(name(key) + " " + what);
  }

  /** Adds a problem that names its key itself. */
  void add(String problem) {
    problems.add(problem);
  }

  /** Refuses every such key, whatever its value: an option that was taken away. */
  void refuse(Predicate<String> removed, String reason) {
    node.fieldNames()
        .forEachRemaining(key -> {
          if (removed.test(key)) {
            refused.add(key);
            problem(key, "does not exist: " + reason);
          }
        });
  }

  /** Reports the keys nobody asked for. */
  void finish() {
    node.fieldNames()
        .forEachRemaining(key -> {
          if (!known.contains(key) && !refused.contains(key)) {
            problems.add("unknown key " + name(key) + hint(key, known));
          }
        });
  }

  private <T> T read(
      String key,
      @Nullable T otherwise,
      String expected,
      Predicate<JsonNode> fits,
      Function<JsonNode, T> convert,
      T harmless) {
    known.add(key);
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      if (otherwise == null) {
        problem(key, "is missing: it must be " + expected);
        return harmless;
      }
      return otherwise;
    }
    if (!fits.test(value)) {
      problem(key, "must be " + expected + ", not " + value);
      return harmless;
    }
    return convert.apply(value);
  }

  /** A key with the path to it, for messages. */
  String name(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String hint(String given, Iterable<String> candidates) {
    return NearestName.of(given, candidates)
        .map(name -> ": did you mean '" + name + "'?")
        .orElse("");
  }
}
