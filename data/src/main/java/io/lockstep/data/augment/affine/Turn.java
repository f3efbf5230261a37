package io.lockstep.data.augment.affine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Interval;
import io.lockstep.config.Place;
import java.util.Optional;

/** An interval of angles: the greatest one to both sides, or the least and the greatest. */
final class Turn implements Form<Interval> {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final double HALF_TURN = 180;

  @Override
  public Optional<Interval> read(JsonNode value, Place place) {
    if (value.isNumber() && value.doubleValue() >= 0 && value.doubleValue() <= HALF_TURN) {
      return Optional.of(new Interval(-value.doubleValue(), value.doubleValue()));
    }
    if (isPair(value)) {
      return Optional.of(new Interval(value.get(0).doubleValue(), value.get(1).doubleValue()));
    }
    place.problem("must be %s, not %s".formatted(words(), value));
    return Optional.empty();
  }

  private static boolean isPair(JsonNode value) {
    return value.isArray()
        && value.size() == 2
        && value
            .valueStream()
            .allMatch(end -> end.isNumber() && Math.abs(end.doubleValue()) <= HALF_TURN)
        && value.get(0).doubleValue() <= value.get(1).doubleValue();
  }

  @Override
  public JsonNode write(Interval value) {
    return JSON.arrayNode().add(value.low()).add(value.high());
  }

  @Override
  public Interval whenFaulty() {
    return new Interval(0, 0);
  }

  @Override
  public String words() {
    return "the greatest angle to both sides, from 0 to 180, or [low, high] from -180 to 180";
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JSON.objectNode();
    ArrayNode either = schema.putArray("anyOf");
    either.addObject().put("type", "number").put("minimum", 0).put("maximum", HALF_TURN);
    ObjectNode pair = either.addObject().put("type", "array").put("minItems", 2).put("maxItems", 2);
    pair.putObject("items")
        .put("type", "number")
        .put("minimum", -HALF_TURN)
        .put("maximum", HALF_TURN);
    return schema;
  }
}
