package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.Targets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A mapping of regular expressions for names of layers to numbers.
 *
 * @param <N> the numbers' type
 */
abstract sealed class Patterns<N extends Number> implements Form<SequencedMap<String, N>> {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final String number;
  private final Predicate<JsonNode> fits;
  private final Function<JsonNode, N> convert;

  private Patterns(String number, Predicate<JsonNode> fits, Function<JsonNode, N> convert) {
    this.number = number;
    this.fits = fits;
    this.convert = convert;
  }

  /** Ranks. */
  static final class OfRanks extends Patterns<Integer> {
    OfRanks() {
      super(
          "a whole number of at least 1",
          value -> value.isInt() && value.intValue() > 0,
          JsonNode::intValue);
    }
  }

  /** Numerators of scales. */
  static final class OfAlphas extends Patterns<Double> {
    OfAlphas() {
      super(
          "a number of at least 0",
          value -> value.isNumber() && value.doubleValue() >= 0,
          JsonNode::doubleValue);
    }
  }

  @Override
  public Optional<SequencedMap<String, N>> read(JsonNode value, Place place) {
    if (!value.isObject()) {
      place.problem("must be %s, not %s".formatted(words(), value));
      return Optional.empty();
    }
    SequencedMap<String, N> patterns = new LinkedHashMap<>();
    boolean sound = true;
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      try {
        var _ = Targets.Regex.of(entry.getKey());
      } catch (IllegalArgumentException e) {
        place.problem("has the key '%s', which %s".formatted(entry.getKey(), e.getMessage()));
        sound = false;
      }
      if (fits.test(entry.getValue())) {
        patterns.put(entry.getKey(), convert.apply(entry.getValue()));
      } else {
        place.at(entry.getKey()).problem("must be %s, not %s".formatted(number, entry.getValue()));
        sound = false;
      }
    }
    return sound ? Optional.of(patterns) : Optional.empty();
  }

  @Override
  public JsonNode write(SequencedMap<String, N> value) {
    ObjectNode mapping = JSON.objectNode();
    value.forEach((key, each) -> {
      if (each instanceof Integer whole) {
        mapping.put(key, whole);
      } else {
        mapping.put(key, each.doubleValue());
      }
    });
    return mapping;
  }

  @Override
  public SequencedMap<String, N> whenFaulty() {
    return new LinkedHashMap<>();
  }

  @Override
  public String words() {
    return "a mapping of patterns for names to numbers";
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JSON.objectNode().put("type", "object");
    schema.putObject("additionalProperties").put("type", "number");
    return schema;
  }
}
