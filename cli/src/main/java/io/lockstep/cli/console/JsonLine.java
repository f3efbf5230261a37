package io.lockstep.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A command's results as one JSON object on one line, keys in the order in which they were put. */
public final class JsonLine {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, @Nullable Object> values = new LinkedHashMap<>();

  /** Adds a number, string, boolean, list or map; what is not a number becomes null. */
  public JsonLine put(String key, Object value) {
    values.put(key, known(value));
    return this;
  }

  private static @Nullable Object known(Object value) {
    return switch (value) {
      case Double number when number.isNaN() -> null;
      case List<?> list -> list.stream().map(JsonLine::known).toList();
      default -> value;
    };
  }

  /** The object as text. */
  @Override
  public String toString() {
    try {
      return JSON.writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain values are always JSON", e);
    }
  }
}
