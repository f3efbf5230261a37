package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.ConfigException;
import io.lockstep.config.Form;
import io.lockstep.config.Place;
import io.lockstep.config.YamlText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A stage of ZeRO: its name, DeepSpeed's JSON configuration, or the path of one. Of a JSON the
 * stage counts; what the recipe decides has to be {@code auto} in it, and what would move state to
 * other memory or compute in another type is refused.
 */
final class ZeroStage implements Form<Integer> {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final List<String> NAMES = List.of("zero1", "zero2", "zero3");
  private static final int DEFAULT_STAGE = 2;
  private static final String STAGES = "zero_optimization";
  private static final String AUTO = "auto";

  /** What sections of the recipe decide. */
  private static final Set<String> OF_THE_RECIPE =
      Set.of(
          "train_batch_size",
          "train_micro_batch_size_per_gpu",
          "gradient_accumulation_steps",
          "gradient_clipping");

  /** What changes how much is printed. */
  private static final Set<String> INERT =
      Set.of(
          "steps_per_print",
          "wall_clock_breakdown",
          "zero_allow_untested_optimizer",
          "zero_force_ds_cpu_optimizer");

  @Override
  public Optional<Integer> read(JsonNode value, Place place) {
    if (value.isObject()) {
      return stage(value, place);
    }
    int named = NAMES.indexOf(value.asText());
    if (named >= 0) {
      return Optional.of(named + 1);
    }
    Path file = place.resolve(value.asText());
    if (value.isTextual() && Files.isRegularFile(file)) {
      try {
        return stage(YamlText.parse(YamlText.of(file), file.toString()), place);
      } catch (ConfigException | IOException e) {
        place.problem("names a file that can't be read as JSON: " + e.getMessage());
        return Optional.empty();
      }
    }
    place.problem("must be %s, not %s".formatted(words(), value));
    return Optional.empty();
  }

  private static Optional<Integer> stage(JsonNode json, Place place) {
    for (var entry : json.properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      if (OF_THE_RECIPE.contains(key) && !isAuto(value)) {
        place.at(key).problem("must be auto: section training decides it");
      } else if (key.equals("bf16") || key.equals("fp16")) {
        JsonNode enabled = value.path("enabled");
        if (!isAuto(enabled) && enabled.asBoolean()) {
          place.at(key).problem("must be auto: training.bf16 decides, and float16 isn't supported");
        }
      } else if (!OF_THE_RECIPE.contains(key) && !INERT.contains(key) && !key.equals(STAGES)) {
        place
            .at(key)
            .problem("is not known: sections training, tuner and cluster say it; remove it");
      }
    }
    JsonNode zero = json.path(STAGES);
    for (String part : List.of("offload_optimizer", "offload_param")) {
      String device = zero.path(part).path("device").asText("none");
      if (!device.equals("none")) {
        place
            .at(STAGES, part)
            .problem(
                "moves state to %s, which isn't supported: remove it, and take more workers or zero3"
                    .formatted(device));
      }
    }
    JsonNode stage = zero.path("stage");
    if (!stage.isInt() || stage.intValue() < 0 || stage.intValue() > NAMES.size()) {
      place.at(STAGES, "stage").problem("must be 0, 1, 2 or 3");
      return Optional.empty();
    }
    return Optional.of(Math.max(1, stage.intValue()));
  }

  private static boolean isAuto(JsonNode value) {
    return value.isMissingNode() || value.asText().equals(AUTO);
  }

  @Override
  public JsonNode write(Integer stage) {
    return JSON.textNode(NAMES.get(stage - 1));
  }

  @Override
  public Integer whenFaulty() {
    return DEFAULT_STAGE;
  }

  @Override
  public String words() {
    return "one of zero1, zero2, zero3, or DeepSpeed's JSON or its path";
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JSON.objectNode();
    ArrayNode either = schema.putArray("anyOf");
    ObjectNode name = either.addObject();
    NAMES.forEach(name.putArray("enum")::add);
    either.addObject().put("type", "string");
    either.addObject().put("type", "object");
    return schema;
  }
}
