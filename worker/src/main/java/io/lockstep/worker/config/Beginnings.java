package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.Beginning;
import java.util.Optional;

/** {@code init_weights}: how updates of an adapter begin. */
final class Beginnings implements Form<Beginning> {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @Override
  public Optional<Beginning> read(JsonNode value, Place place) {
    Optional<Beginning> beginning =
        value.isValueNode() ? Beginning.of(value.asText()) : Optional.empty();
    if (beginning.isEmpty()) {
      place.problem(
          "must be %s, not '%s': other beginnings of PEFT need data or quantised weights, or begin no better"
              .formatted(words(), value.isTextual() ? value.textValue() : value));
    }
    return beginning;
  }

  @Override
  public JsonNode write(Beginning value) {
    return value.equals(Beginning.unchanged())
        ? JSON.booleanNode(true)
        : JSON.textNode(value.text());
  }

  @Override
  public Beginning whenFaulty() {
    return Beginning.unchanged();
  }

  @Override
  public String words() {
    return Beginning.WORDS;
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JSON.objectNode();
    ArrayNode either = schema.putArray("anyOf");
    either.addObject().put("const", true);
    either.addObject().put("type", "string").put("pattern", Beginning.PATTERN);
    return schema;
  }
}
