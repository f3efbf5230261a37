package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.Targets;
import java.util.List;
import java.util.Optional;

/** {@code target_modules}: a list of names, or of the word for all linear layers. */
final class TargetModules implements Form<Targets> {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  @Override
  public Optional<Targets> read(JsonNode value, Place place) {
    if (value.isTextual() && Targets.AllLinear.isMeant(value.textValue())) {
      return Optional.of(new Targets.AllLinear());
    }
    if (value.isArray()
        && value.valueStream().allMatch(name -> name.isTextual() && !name.textValue().isEmpty())) {
      List<String> names = value.valueStream().map(JsonNode::textValue).toList();
      if (names.stream().anyMatch(Targets.AllLinear::isMeant)) {
        if (names.size() == 1) {
          return Optional.of(new Targets.AllLinear());
        }
        place.problem(
            "must be either [all-linear] or names: all-linear means all of them; what else is to be"
                + " trained goes into tuner.modules_to_save");
        return Optional.empty();
      }
      return Optional.of(new Targets.Names(names));
    } else {
      place.problem(
          "must be %s, not '%s'; a pattern goes into tuner.target_regex"
              .formatted(words(), value.isTextual() ? value.textValue() : value));
    }
    return Optional.empty();
  }

  @Override
  public JsonNode write(Targets value) {
    if (!(value instanceof Targets.Names(List<String> names, var _))) {
      return JSON.arrayNode().add(Targets.AllLinear.NAME);
    }
    ArrayNode list = JSON.arrayNode();
    names.forEach(list::add);
    return list;
  }

  @Override
  public Targets whenFaulty() {
    return new Targets.AllLinear();
  }

  @Override
  public String words() {
    return "a list of names, or [%s]".formatted(Targets.AllLinear.NAME);
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JSON.objectNode();
    ArrayNode either = schema.putArray("anyOf");
    either.addObject().put("const", Targets.AllLinear.NAME);
    either.addObject().put("type", "array").putObject("items").put("type", "string");
    return schema;
  }
}
