package io.lockstep.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a file and those that it extends say together.
 *
 * @param text as YAML, with absolute paths; behind each value stands the file that it is from
 * @param problems of what is said
 */
public record ConfigListing(String text, List<Problem> problems) {

  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .disable(YAMLGenerator.Feature.SPLIT_LINES)
          .build();
  private static final String LEVEL = "  ";

  public ConfigListing {
    problems = List.copyOf(problems);
  }

  /**
   * Lists a mapping.
   *
   * @param isPath whether what stands at a place is a path
   */
  static String text(JsonNode mapping, Place top, Predicate<Place> isPath) {
    StringBuilder text = new StringBuilder();
    keys(mapping, top, "", "", isPath, text);
    return text.toString();
  }

  /** Writes keys, the first of them behind what stands already in its line. */
  private static void keys(
      JsonNode mapping,
      Place place,
      String first,
      String others,
      Predicate<Place> isPath,
      StringBuilder text) {
    String indent = first;
    for (var entry : mapping.properties()) {
      text.append(indent).append(key(entry.getKey())).append(':');
      indent = others;
      JsonNode value = entry.getValue();
      Place at = place.at(entry.getKey());
      if (value.isObject() && !value.isEmpty()) {
        text.append('\n');
        keys(value, at, others + LEVEL, others + LEVEL, isPath, text);
      } else if (value.isArray() && value.valueStream().anyMatch(JsonNode::isContainerNode)) {
        text.append('\n');
        entries(value, at, others, isPath, text);
      } else {
        value(value, at, isPath, text);
      }
    }
  }

  private static void entries(
      JsonNode list, Place place, String indent, Predicate<Place> isPath, StringBuilder text) {
    for (int i = 0; i < list.size(); i++) {
      JsonNode entry = list.get(i);
      text.append(indent).append('-');
      if (entry.isObject() && !entry.isEmpty()) {
        keys(entry, place.at(i), " ", indent + LEVEL, isPath, text);
      } else {
        value(entry, place.at(i), isPath, text);
      }
    }
  }

  private static void value(
      JsonNode value, Place place, Predicate<Place> isPath, StringBuilder text) {
    text.append(' ')
        .append(flow(value, place, isPath))
        .append("  # ")
        .append(place.where().replaceAll("\\R", " "))
        .append('\n');
  }

  private static String flow(JsonNode value, Place place, Predicate<Place> isPath) {
    if (value.isArray()) {
      return value
          .valueStream()
          .map(entry -> flow(entry, place, isPath))
          .collect(Collectors.joining(", ", "[", "]"));
    }
    if (value.isObject()) {
      return value
          .propertyStream()
          .map(entry -> key(entry.getKey()) + ": " + flow(entry.getValue(), place, isPath))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    return value.isTextual() && isPath.test(place)
        ? scalar(place.resolve(value.textValue()).toString())
        : scalar(value);
  }

  private static String key(String name) {
    return name.matches("[A-Za-z_][\\w.-]*") ? name : scalar(name);
  }

  private static String scalar(Object value) {
    try {
      return YAML.writeValueAsString(value).strip();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a plain value is always YAML", e);
    }
  }
}
