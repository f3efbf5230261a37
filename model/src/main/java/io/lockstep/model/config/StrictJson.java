package io.lockstep.model.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object read key by key: a key that is missing, of the wrong type or never asked for
 * becomes a problem, and all problems are reported together. A key that is null counts as absent.
 *
 * <p>Getters return a harmless value after noting a problem, so that reading goes on and finds the
 * rest; {@link #finish} throws before that value can be used.
 */
public final class StrictJson {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private final Path file;
  private final String prefix;
  private final ObjectNode node;
  private final Predicate<String> inert;
  private final List<String> problems;
  private final Set<String> asked = new HashSet<>();
  private final List<StrictJson> children = new ArrayList<>();

  private StrictJson(
      Path file, String prefix, ObjectNode node, Predicate<String> inert, List<String> problems) {
    this.file = file;
    this.prefix = prefix;
    this.node = node;
    this.inert = inert;
    this.problems = problems;
  }

  /**
   * Reads a file that holds one object.
   *
   * @throws InvalidConfigException if it is not JSON or not an object
   */
  public static StrictJson read(Path file) throws IOException {
    return read(file, key -> false);
  }

  /**
   * The same for a file in which some keys change nothing wherever they stand.
   *
   * @param inert tells these keys
   */
  public static StrictJson read(Path file, Predicate<String> inert) throws IOException {
    return read(file, Files.readAllBytes(file), inert);
  }

  /**
   * The same for text that lies elsewhere.
   *
   * @param file what messages call it
   */
  public static StrictJson read(Path file, byte[] text, Predicate<String> inert)
      throws InvalidConfigException {
    JsonNode tree;
    try {
      tree = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(
          file, List.of("is not valid JSON: " + e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory can always be read", e);
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new InvalidConfigException(file, List.of("must hold one JSON object"));
    }
    return new StrictJson(file, "", object, inert, new ArrayList<>());
  }

  /** Whether the key is there and not null. */
  public boolean has(String key) {
    return node.hasNonNull(key);
  }

  /** The object under {@code key}. */
  public StrictJson object(String key) {
    JsonNode value = value(key, JsonNode::isObject, "an object");
    ObjectNode child =
        value instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
    StrictJson result = new StrictJson(file, prefix + key + ".", child, inert, problems);
    if (value != null) {
      children.add(result);
    }
    return result;
  }

  /** A whole number of at least {@code minimum}. */
  public int integer(String key, int minimum) {
    JsonNode value = value(key, JsonNode::canConvertToInt, "a whole number");
    if (value == null) {
      return Math.max(1, minimum);
    }
    if (!value.isIntegralNumber() || value.intValue() < minimum) {
      problem(key, "must be a whole number of at least " + minimum + " but is " + value);
      return Math.max(1, minimum);
    }
    return value.intValue();
  }

  /** A size: a whole number of at least 1. */
  public int size(String key) {
    return integer(key, 1);
  }

  /** A finite number. */
  public double number(String key) {
    JsonNode value = value(key, JsonNode::isNumber, "a number");
    return value == null ? 1 : value.doubleValue();
  }

  /** True or false. */
  public boolean bool(String key) {
    JsonNode value = value(key, JsonNode::isBoolean, "true or false");
    return value != null && value.booleanValue();
  }

  /** True or false, if the key is there. */
  public boolean bool(String key, boolean absent) {
    asked.add(key);
    return has(key) ? bool(key) : absent;
  }

  /** A text. */
  public String string(String key) {
    JsonNode value = value(key, JsonNode::isTextual, "a string");
    return value == null ? "" : value.textValue();
  }

  /** A list of texts. */
  public List<String> strings(String key) {
    JsonNode value = value(key, JsonNode::isArray, "a list of strings");
    List<String> result = new ArrayList<>();
    if (value != null) {
      for (JsonNode element : value) {
        if (!element.isTextual()) {
          problem(key, "must be a list of strings but is " + value);
          return List.of();
        }
        result.add(element.textValue());
      }
    }
    return List.copyOf(result);
  }

  /** A list of whole numbers of at least 0. */
  public List<Integer> integers(String key) {
    JsonNode value = value(key, JsonNode::isArray, "a list of whole numbers");
    List<Integer> result = new ArrayList<>();
    if (value != null) {
      for (JsonNode element : value) {
        if (!element.isInt() || element.intValue() < 0) {
          problem(key, "must be a list of whole numbers of at least 0 but is " + value);
          return List.of();
        }
        result.add(element.intValue());
      }
    }
    return List.copyOf(result);
  }

  /** A whole number of at least 0, or a list of them; always returned as a list. */
  public List<Integer> integerOrIntegers(String key) {
    JsonNode value = node.get(key);
    return value != null && value.isArray() ? integers(key) : List.of(integer(key, 0));
  }

  /** A list of {@code length} numbers. */
  public List<Double> numbers(String key, int length) {
    JsonNode value = value(key, JsonNode::isArray, "a list of numbers");
    List<Double> result = new ArrayList<>();
    if (value != null) {
      for (JsonNode element : value) {
        if (element.isNumber()) {
          result.add(element.doubleValue());
        }
      }
      if (result.size() != length || value.size() != length) {
        problem(key, "must be a list of " + length + " numbers but is " + value);
      }
    }
    while (result.size() < length) {
      result.add(1.0);
    }
    return List.copyOf(result.subList(0, length));
  }

  /** The key must be there and hold one of the supported texts. */
  public String oneOf(String key, String... supported) {
    String value = string(key);
    if (has(key) && !List.of(supported).contains(value)) {
      problem(key, "is '" + value + "' but must be one of " + String.join(", ", supported));
    }
    return value;
  }

  /** If the key is there it must hold exactly this value, because nothing else is computed. */
  public void onlyIfPresent(String key, Object supported) {
    asked.add(key);
    if (!has(key)) {
      return;
    }
    JsonNode value = node.get(key);
    boolean same =
        (supported instanceof Number number && value.isNumber())
            ? value.doubleValue() == number.doubleValue()
            : value.equals(JSON.valueToTree(supported));
    if (!same) {
      problem(key, "is " + value + " but only " + supported + " is supported");
    }
  }

  /** If keys are here as well as in {@code other}, they must say the same. */
  public void sameIfPresent(StrictJson other, String... keys) {
    for (String key : keys) {
      asked.add(key);
      if (has(key) && other.has(key) && !node.get(key).equals(other.node.get(key))) {
        problem(
            key,
            "is %s but %s%s is %s"
                .formatted(node.get(key), other.prefix, key, other.node.get(key)));
      }
    }
  }

  /** Keys that may be there and change nothing in what is computed. */
  public void inert(String... keys) {
    asked.addAll(List.of(keys));
  }

  /** Notes a problem with {@code key}. */
  public void problem(String key, String sentence) {
    problems.add(prefix + key + " " + sentence);
  }

  /**
   * Ends the reading of the whole file; keys that were never asked for are problems too.
   *
   * @throws InvalidConfigException naming every problem, if there is any
   */
  public void finish() {
    reportUnknown();
    if (!problems.isEmpty()) {
      throw new InvalidConfigException(file, problems);
    }
  }

  private void reportUnknown() {
    node.fieldNames()
        .forEachRemaining(key -> {
          if (has(key) && !asked.contains(key) && !inert.test(key)) {
            problem(key, "is not known; remove it if it does not change what the model computes");
          }
        });
    children.forEach(StrictJson::reportUnknown);
  }

  private @Nullable JsonNode value(String key, Predicate<JsonNode> type, String typeName) {
    asked.add(key);
    JsonNode value = node.get(key);
    if (value == null || value.isNull()) {
      problem(key, "is missing");
      return null;
    }
    if (!type.test(value)) {
      problem(key, "must be " + typeName + " but is " + value);
      return null;
    }
    return value;
  }
}
