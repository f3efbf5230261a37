package io.lockstep.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * How values of a type stand in files.
 *
 * @param <T> the type
 */
public interface Form<T> {

  /**
   * Reads a value.
   *
   * @param value what stands there, never null
   * @param place is told everything that is wrong with it
   * @return nothing if anything is
   */
  Optional<T> read(JsonNode value, Place place);

  /** The value as it is read. */
  JsonNode write(T value);

  /** What takes the place of a faulty value until all problems are told. */
  T whenFaulty();

  /** What it must be, such as "a whole number". */
  String words();

  /** The JSON Schema of its values. */
  ObjectNode schema();
}
