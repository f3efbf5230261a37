package io.lockstep.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** A command's results as one JSON object on one line, keys in the order in which they were put. */
public final class JsonLine {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Object> values = new LinkedHashMap<>();

  /** Adds a number, string, boolean, list or map. */
  public JsonLine put(String key, Object value) {
    values.put(key, value);
    return this;
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
