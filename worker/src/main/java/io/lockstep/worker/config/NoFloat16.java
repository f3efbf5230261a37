package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import java.util.Optional;

/** The switch for float16, which has to be off. */
final class NoFloat16 implements Form<Boolean> {

  @Override
  public Optional<Boolean> read(JsonNode value, Place place) {
    if (value.isBoolean() && !value.booleanValue()) {
      return Optional.of(false);
    }
    place.problem(
        "must be false, not %s: float16 overflows where bfloat16 does not, and needs its losses scaled; set bf16: true instead"
            .formatted(value));
    return Optional.empty();
  }

  @Override
  public JsonNode write(Boolean value) {
    return JsonNodeFactory.instance.booleanNode(value);
  }

  @Override
  public Boolean whenFaulty() {
    return false;
  }

  @Override
  public String words() {
    return "false";
  }

  @Override
  public ObjectNode schema() {
    return JsonNodeFactory.instance.objectNode().put("const", false);
  }
}
