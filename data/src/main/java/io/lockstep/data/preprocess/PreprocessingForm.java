package io.lockstep.data.preprocess;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How the preprocessors of a dataset stand in a recipe. */
public final class PreprocessingForm implements Form<Preprocessing> {

  @Override
  public Optional<Preprocessing> read(JsonNode value, Place place) {
    if (value.isArray() && value.isEmpty()) {
      return Optional.of(Preprocessing.NONE);
    }
    List<String> problems = new ArrayList<>();
    Preprocessing preprocessing = Preprocessing.read(value, place.path(), problems);
    problems.forEach(place::report);
    return problems.isEmpty() ? Optional.of(preprocessing) : Optional.empty();
  }

  @Override
  public JsonNode write(Preprocessing value) {
    return value.toJson();
  }

  @Override
  public Preprocessing whenFaulty() {
    return Preprocessing.NONE;
  }

  @Override
  public String words() {
    return "a list of preprocessors";
  }

  @Override
  public ObjectNode schema() {
    return JsonNodeFactory.instance.objectNode().put("type", "array");
  }
}
