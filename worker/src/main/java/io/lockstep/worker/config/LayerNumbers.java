package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import java.util.List;
import java.util.Optional;

/** Numbers of layers: a list of them, or one. */
final class LayerNumbers implements Form<List<Integer>> {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @Override
  public Optional<List<Integer>> read(JsonNode value, Place place) {
    if (isNumber(value)) {
      return Optional.of(List.of(value.intValue()));
    }
    if (value.isArray()
        && !value.isEmpty()
        && value.valueStream().allMatch(LayerNumbers::isNumber)) {
      return Optional.of(value.valueStream().map(JsonNode::intValue).toList());
    }
    place.problem("must be %s, not %s".formatted(words(), value));
    return Optional.empty();
  }

  private static boolean isNumber(JsonNode value) {
    return value.isInt() && value.intValue() >= 0;
  }

  @Override
  public JsonNode write(List<Integer> value) {
    ArrayNode list = JSON.arrayNode();
    value.forEach(list::add);
    return list;
  }

  @Override
  public List<Integer> whenFaulty() {
    return List.of();
  }

  @Override
  public String words() {
    return "a list of numbers of layers, counted from 0";
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JSON.objectNode().put("type", "array").put("minItems", 1);
    schema.putObject("items").put("type", "integer").put("minimum", 0);
    return schema;
  }
}
