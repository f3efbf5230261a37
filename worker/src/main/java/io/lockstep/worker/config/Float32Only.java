package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import java.util.Optional;

/** A switch for smaller types, which has to be off. */
final class Float32Only implements Form<Boolean> {

  @Override
  public Optional<Boolean> read(JsonNode value, Place place) {
    if (value.isBoolean() && !value.booleanValue()) {
      return Optional.of(false);
    }
    place.problem(
        "must be false, not "
            + value
            + ": training computes in float32; remove the key, and store the result smaller with"
            + " `lockstep export merge --dtype bfloat16`");
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
