package io.lockstep.model.adapter;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes {@code adapter_config.json}. The file may hold any setting of the public library
 * that is off; one that is on and not supported is a problem, because it would change numbers.
 */
final class AdapterJson {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
  private static final long MAX_BYTES = 4 << 20;
  private static final int MAX_RANK = 65_536;
  private static final String LORA = "LORA";
  private static final String TARGETS = "target_modules";
  private static final String PARAMETERS = "target_parameters";
  private static final String INDEXES = "layers_to_transform";
  private static final String LISTS = "layers_pattern";

  /** Settings that change nothing in what a stored adapter computes, whatever their values. */
  private static final Set<String> INERT =
      Set.of(
          "auto_mapping",
          "revision",
          "inference_mode",
          "peft_version",
          "megatron_core",
          "qalora_group_size",
          "runtime_config",
          "ensure_weight_tying");

  /** Settings that are read. */
  private static final Set<String> READ =
      Set.of(
          "peft_type",
          "task_type",
          "base_model_name_or_path",
          "r",
          "lora_alpha",
          "lora_dropout",
          "target_modules",
          "target_parameters",
          "exclude_modules",
          "modules_to_save",
          "use_dora",
          "use_rslora",
          "rank_pattern",
          "alpha_pattern",
          "bias",
          "init_lora_weights",
          "layers_to_transform",
          "layers_pattern");

  /** Ways to begin that leave the base model as it is. */
  private static final Set<String> HARMLESS_BEGINNINGS =
      Set.of("gaussian", "orthogonal", "eva", "mica");

  private final ObjectNode node;
  private final List<String> problems = new ArrayList<>();

  private AdapterJson(ObjectNode node) {
    this.node = node;
  }

  static AdapterConfig read(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new InvalidConfigException(
          file,
          List.of("is larger than " + MAX_BYTES + " bytes: it is no adapter's configuration"));
    }
    JsonNode tree;
    try {
      tree = JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw new InvalidConfigException(
          file, List.of("is not valid JSON: " + e.getOriginalMessage()));
    }
    if (!(tree instanceof ObjectNode object)) {
      throw new InvalidConfigException(file, List.of("must hold one JSON object"));
    }
    AdapterJson json = new AdapterJson(object);
    AdapterConfig config = json.config();
    if (!json.problems.isEmpty()) {
      throw new InvalidConfigException(file, json.problems);
    }
    return config;
  }

  private AdapterConfig config() {
    refuseUnsupported();
    return new AdapterConfig(
        number(
                "r",
                null,
                value -> value.isInt() && inRank(value.intValue()),
                "a rank of at least 1")
            .intValue(),
        number("lora_alpha", null, value -> value.doubleValue() >= 0, "a number of at least 0")
            .doubleValue(),
        number("lora_dropout", 0.0, AdapterJson::isShare, "a share below 1").doubleValue(),
        targets(TARGETS)
            .orElseGet(() -> {
              if (isOff(node.path(PARAMETERS))) {
                problems.add("target_modules is missing: which layers are adapted?");
              }
              return new Targets.Names(List.of());
            }),
        texts(PARAMETERS),
        targets("exclude_modules"),
        texts("modules_to_save"),
        flag("use_dora"),
        flag("use_rslora"),
        patterns(
            "rank_pattern", value -> value.isInt() && inRank(value.intValue()), JsonNode::intValue),
        patterns("alpha_pattern", JsonNode::isNumber, JsonNode::doubleValue),
        text("base_model_name_or_path"),
        text("task_type"),
        Beginning.unchanged(),
        biases());
  }

  private AdapterConfig.Biases biases() {
    JsonNode value = node.path("bias");
    if (isOff(value)) {
      return AdapterConfig.Biases.NONE;
    }
    return Arrays.stream(AdapterConfig.Biases.values())
        .filter(biases -> biases.text().equals(value.textValue()))
        .findFirst()
        .orElseGet(() -> {
          problems.add("bias is " + value + " but must be \"none\", \"all\" or \"lora_only\"");
          return AdapterConfig.Biases.NONE;
        });
  }

  private static boolean inRank(int rank) {
    return rank >= 1 && rank <= MAX_RANK;
  }

  private static boolean isShare(JsonNode value) {
    return value.doubleValue() >= 0 && value.doubleValue() < 1;
  }

  private void refuseUnsupported() {
    if (!text("peft_type").orElse("").equals(LORA)) {
      problems.add("peft_type is " + node.path("peft_type") + " but only LORA is supported");
    }
    JsonNode initial = node.path("init_lora_weights");
    if (!isOff(initial)
        && !initial.isBoolean()
        && !HARMLESS_BEGINNINGS.contains(initial.asText())) {
      problems.add(
          "init_lora_weights is "
              + initial
              + ", which changes the base model's weights; store the adapter converted to plain LoRA"
              + " (path_initial_model_for_weight_conversion in PEFT)");
    }
    text("task_type")
        .filter(type -> !type.equals("CAUSAL_LM"))
        .ifPresent(
            type -> problems.add("task_type is " + type + " but only CAUSAL_LM is supported"));
    node.properties()
        .forEach(entry -> {
          String key = entry.getKey();
          if (!INERT.contains(key) && !READ.contains(key) && !isOff(entry.getValue())) {
            problems.add(key + " is " + entry.getValue() + " but is not supported: it must be off");
          }
        });
  }

  private static boolean isOff(JsonNode value) {
    return value.isMissingNode()
        || value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isContainerNode() && value.isEmpty());
  }

  private Number number(
      String key, @Nullable Number otherwise, Predicate<JsonNode> fits, String expected) {
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      if (otherwise != null) {
        return otherwise;
      }
      problems.add(key + " is missing: it must be " + expected);
      return 1;
    }
    if (!value.isNumber() || !Double.isFinite(value.doubleValue()) || !fits.test(value)) {
      problems.add(key + " is " + value + " but must be " + expected);
      return 1;
    }
    return value.numberValue();
  }

  private boolean flag(String key) {
    JsonNode value = node.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      problems.add(key + " is " + value + " but must be true or false");
    }
    return value.asBoolean(false);
  }

  private Optional<String> text(String key) {
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      problems.add(key + " is " + value + " but must be a text");
      return Optional.empty();
    }
    return Optional.of(value.textValue());
  }

  private List<String> texts(String key) {
    JsonNode value = node.path(key);
    List<String> texts = new ArrayList<>();
    if (value.isMissingNode() || value.isNull()) {
      return texts;
    }
    boolean fits = value.isArray();
    for (JsonNode element : value) {
      fits &= element.isTextual() && !element.textValue().isEmpty();
      texts.add(element.asText());
    }
    if (!fits) {
      problems.add(key + " is " + value + " but must be a list of names");
    }
    return texts;
  }

  private Optional<Targets> targets(String key) {
    JsonNode value = node.path(key);
    if (value.isTextual()) {
      return allLinearOrRegex(key, value.textValue());
    }
    List<String> names = texts(key);
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Targets.Names(names, key.equals(TARGETS) ? numberedLayers() : Optional.empty()));
  }

  private Optional<NumberedLayers> numberedLayers() {
    List<Integer> indexes = layersToTransform();
    List<String> lists =
        node.path(LISTS).isTextual() ? List.of(node.path(LISTS).textValue()) : texts(LISTS);
    for (String list : lists) {
      try {
        Targets.Regex.of(list);
      } catch (IllegalArgumentException e) {
        problems.add(LISTS + " " + e.getMessage());
        return Optional.empty();
      }
    }
    if (indexes.isEmpty() && !lists.isEmpty()) {
      problems.add(LISTS + " means nothing without " + INDEXES);
    }
    return indexes.isEmpty() ? Optional.empty() : Optional.of(new NumberedLayers(indexes, lists));
  }

  /** One number or a list of them. */
  private List<Integer> layersToTransform() {
    JsonNode value = node.path(INDEXES);
    List<Integer> indexes = new ArrayList<>();
    boolean fits = isOff(value) || value.isArray() || value.isInt();
    for (JsonNode index : value.isInt() ? List.of(value) : value) {
      fits &= index.isInt() && index.intValue() >= 0;
      indexes.add(index.intValue());
    }
    if (!fits) {
      problems.add(INDEXES + " is " + value + " but must be numbers of layers");
    }
    return fits ? indexes : List.of();
  }

  private Optional<Targets> allLinearOrRegex(String key, String text) {
    for (String layers : List.of(INDEXES, LISTS)) {
      if (key.equals(TARGETS) && !isOff(node.path(layers))) {
        problems.add(layers + " needs a list of names in " + TARGETS + ", which is a text");
      }
    }
    if (Targets.AllLinear.isMeant(text)) {
      return Optional.of(new Targets.AllLinear());
    }
    try {
      return Optional.of(Targets.Regex.of(text));
    } catch (IllegalArgumentException e) {
      problems.add(key + " " + e.getMessage());
      return Optional.of(new Targets.Names(List.of()));
    }
  }

  private <T> SequencedMap<String, T> patterns(
      String key, Predicate<JsonNode> fits, Function<JsonNode, T> convert) {
    SequencedMap<String, T> patterns = new LinkedHashMap<>();
    JsonNode value = node.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return patterns;
    }
    boolean valid = value.isObject();
    for (var entry : value.properties()) {
      valid &= fits.test(entry.getValue());
      try {
        Targets.Regex.of(entry.getKey());
      } catch (IllegalArgumentException e) {
        problems.add(key + ": the key " + e.getMessage());
      }
      patterns.put(entry.getKey(), convert.apply(entry.getValue()));
    }
    if (!valid) {
      problems.add(key + " is " + value + " but must map patterns of names to numbers");
    }
    return patterns;
  }

  static String write(AdapterConfig config) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode alphas = root.putObject("alpha_pattern");
    config.alphas().forEach(alphas::put);
    root.put("base_model_name_or_path", config.base().orElse(null))
        .put("bias", config.biases().text());
    root.set("exclude_modules", config.excluded().map(AdapterJson::node).orElse(null));
    root.put("fan_in_fan_out", false).put("inference_mode", true).put("init_lora_weights", true);
    put(root, "lora_alpha", config.alpha());
    root.put("lora_dropout", config.dropout());
    if (config.targets() instanceof Targets.Names names) {
      names.layers().ifPresent(layers -> put(root, layers));
    }
    if (config.modulesToSave().isEmpty()) {
      root.putNull("modules_to_save");
    } else {
      config.modulesToSave().forEach(root.putArray("modules_to_save")::add);
    }
    root.put("peft_type", LORA).put("r", config.rank());
    ObjectNode ranks = root.putObject("rank_pattern");
    config.ranks().forEach(ranks::put);
    root.set(TARGETS, node(config.targets()));
    if (!config.parameters().isEmpty()) {
      config.parameters().forEach(root.putArray(PARAMETERS)::add);
    }
    root.put("task_type", config.taskType().orElse(null))
        .put("use_dora", config.dora())
        .put("use_rslora", config.rankStabilised());
    return root.toPrettyString() + "\n";
  }

  private static void put(ObjectNode node, NumberedLayers layers) {
    layers.indexes().forEach(node.putArray(INDEXES)::add);
    if (!layers.lists().isEmpty()) {
      layers.lists().forEach(node.putArray(LISTS)::add);
    }
  }

  /** Whole numbers as such: older versions of the public library take no others. */
  private static void put(ObjectNode node, String key, double value) {
    if (value == Math.rint(value) && Math.abs(value) < Integer.MAX_VALUE) {
      node.put(key, (int) value);
    } else {
      node.put(key, value);
    }
  }

  private static JsonNode node(Targets targets) {
    return switch (targets) {
      case Targets.Names(List<String> names, var _) -> {
        ArrayNode array = JSON.createArrayNode();
        names.forEach(array::add);
        yield array;
      }
      case Targets.Regex(var pattern) -> JSON.getNodeFactory().textNode(pattern.pattern());
      case Targets.AllLinear() -> JSON.getNodeFactory().textNode(Targets.AllLinear.NAME);
    };
  }
}
