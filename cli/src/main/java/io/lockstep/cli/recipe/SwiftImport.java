package io.lockstep.cli.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.lockstep.config.ConfigException;
import io.lockstep.worker.config.RunConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a recipe of the arguments of ms-swift. Arguments that are keys of a recipe go into their
 * section; some have another name or place; what a recipe can't say is listed with the reason.
 *
 * @param yaml the recipe
 * @param notes what to know of what was carried, one line each
 * @param left arguments that were not carried, with the reason
 * @param problems what is wrong with the recipe where it is to be written
 */
public record SwiftImport(
    String yaml, List<String> notes, SequencedMap<String, String> left, List<String> problems) {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .build();

  private static final Pattern DATASET = Pattern.compile("(.*?)(?:#(\\d+))?");
  private static final String DEVICES = "NPROC_PER_NODE";
  private static final String EVAL_STRATEGY = "training.eval_strategy";
  private static final String EVAL_STEPS = "training.eval_steps";

  /** Steps between checkpoints, hence between evaluations, unless there is a key for them. */
  private static final int USUAL_SAVE_STEPS = 500;

  private static final String ACCUMULATION = "gradient_accumulation_steps";

  /** Arguments whose key has another name or place. */
  private static final Map<String, String> PLACES =
      Map.ofEntries(
          Map.entry("max_length", "global_max_length"),
          Map.entry("model_id_or_path", "model.model"),
          Map.entry("sft_type", "tuner.train_type"),
          Map.entry("adapters", "tuner.resume_from_checkpoint"),
          Map.entry("lora_target_modules", "tuner.target_modules"),
          Map.entry("lora_dropout_p", "tuner.lora_dropout"),
          Map.entry("system", "prompts.system"),
          Map.entry("deepspeed", "deepspeed.config"),
          Map.entry("val_dataset", "data.val_jsonl"),
          Map.entry("evaluation_strategy", EVAL_STRATEGY),
          Map.entry("early_stop_interval", "training.early_stopping_patience"));

  /** Why some well-known arguments have no place in a recipe. */
  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("model_type", "the family is read from the model's config.json"),
          Map.entry("report_to", "TensorBoard files are always written, to RUN/tensorboard"),
          Map.entry("logging_dir", "TensorBoard files are always written, to RUN/tensorboard"),
          Map.entry("optim", "the optimizer is AdamW"),
          Map.entry("packing", "samples are padded in groups of similar length, never joined"),
          Map.entry("padding_free", "samples are padded in groups of similar length"),
          Map.entry("lazy_tokenize", "samples are always made while training runs"),
          Map.entry("dataset_num_proc", "samples are always made while training runs"),
          Map.entry("streaming", "files are never read whole: an index of their lines is kept"),
          Map.entry("dataset_shuffle", "the order follows from the seed"),
          Map.entry("data_seed", "all randomness follows from training.seed"),
          Map.entry("load_from_cache_file", "samples are always made while training runs"),
          Map.entry("split_dataset_ratio", "name held-out records in data.val_jsonl"),
          Map.entry("save_only_model", "checkpoints always hold what resuming needs"),
          Map.entry("eval_strategy", "evaluations come every training.eval_steps, or not at all"),
          Map.entry(
              "evaluation_strategy", "evaluations come every training.eval_steps, or not at all"),
          Map.entry(
              "save_strategy", "checkpoints come every training.save_steps, best or not at all"),
          Map.entry(
              "load_best_model_at_end",
              "the best checkpoint is named at the end, and stays with training.keep_best"),
          Map.entry("per_device_eval_batch_size", "held-out records are evaluated one by one"),
          Map.entry("use_hf", "models are folders: download one first"),
          Map.entry("template", "the chat template is the model's own"),
          Map.entry("task_type", "models write text"),
          Map.entry("ddp_backend", "workers find each other through the coordinator"));

  /**
   * Imports the text of a script or a YAML file.
   *
   * @param name of the file, for messages
   * @param folder what relative paths are relative to
   * @throws ConfigException if the text is neither
   */
  public static SwiftImport of(String text, String name, Path folder) throws ConfigException {
    return new Import(SwiftArguments.parse(text, name)).run(folder);
  }

  /**
   * The recipe with what was left out as comments above it.
   *
   * @param origin what it was made of
   */
  public String withComments(String origin) {
    StringBuilder text = new StringBuilder("# Made of the arguments of " + origin + ".\n");
    notes.forEach(note -> text.append("# ").append(note).append(".\n"));
    left.forEach((argument, reason) ->
        text.append("# Not carried: ").append(argument).append(": ").append(reason).append(".\n"));
    return text.append(yaml).toString();
  }

  private static final class Import {
    private final SwiftArguments from;
    private final JsonNode schema;
    private final ObjectNode recipe = JSON.objectNode();
    private final List<String> notes = new ArrayList<>();
    private final SequencedMap<String, String> left = new LinkedHashMap<>();

    Import(SwiftArguments from) {
      this.from = from;
      try {
        schema = MAPPER.readTree(RunConfig.schema()).path("properties");
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("the schema is JSON", e);
      }
    }

    SwiftImport run(Path folder) {
      from.arguments().forEach(this::carry);
      from.environment().forEach(this::carryVariable);
      devices();
      evaluations();
      String yaml = text();
      List<String> problems = new ArrayList<>();
      try {
        var _ = RunConfig.parse(yaml, "the recipe", folder);
      } catch (ConfigException e) {
        problems.addAll(e.problems());
      }
      return new SwiftImport(yaml, List.copyOf(notes), left, List.copyOf(problems));
    }

    private void carry(String argument, JsonNode value) {
      if (argument.equals("dataset")) {
        dataset(value);
        return;
      }
      String place = PLACES.getOrDefault(argument, place(argument));
      if (place.isEmpty()) {
        left.put(argument, REASONS.getOrDefault(argument, "recipes have no key for it"));
        return;
      }
      JsonNode wanted = schema(place);
      JsonNode typed = typed(value, wanted);
      if (REASONS.containsKey(argument) && !allows(wanted, typed)) {
        left.put(argument, REASONS.get(argument));
        return;
      }
      put(place, typed);
    }

    private void dataset(JsonNode value) {
      List<String> names = texts(value);
      Matcher first = DATASET.matcher(names.getFirst());
      if (names.size() > 1 || !first.matches()) {
        left.put(
            "dataset",
            "%d datasets: write each as a target or a source of data.fusion"
                .formatted(names.size()));
        return;
      }
      put("data.train_jsonl", JSON.textNode(first.group(1)));
      put("data.template", JSON.textNode("chatml"));
      notes.add(
          "data.template is chatml, for records with messages; for records with objects or"
              + " summaries write target_dense or target_summary");
      if (first.group(2) != null) {
        put("custom.sample_limit", JSON.numberNode(Integer.parseInt(first.group(2))));
        notes.add(
            "custom.sample_limit takes the first %s records, not a random choice"
                .formatted(first.group(2)));
      }
    }

    private void carryVariable(String name, String value) {
      switch (name) {
        case "MAX_PIXELS", "MIN_PIXELS" -> {
          String key = name.toLowerCase(Locale.ROOT);
          put("template." + key, typed(JSON.textNode(value), schema("template." + key)));
        }
        case DEVICES -> {}
        default -> left.put(name, "environment variables are not read");
      }
    }

    /** There, evaluations come as often as checkpoints unless more is said. */
    private void evaluations() {
      JsonNode training = recipe.path("training");
      if (training.path("eval_strategy").asText().equals("steps") && !training.has("eval_steps")) {
        int steps = training.path("save_steps").asInt(USUAL_SAVE_STEPS);
        put(EVAL_STEPS, JSON.numberNode(steps));
        notes.add("training.eval_steps is that of checkpoints, %d, as there".formatted(steps));
      }
    }

    /** As many samples a step as all devices have there. */
    private void devices() {
      String count = from.environment().get(DEVICES);
      if (count == null || !count.matches("[1-9]\\d{0,4}") || count.equals("1")) {
        return;
      }
      int devices = Integer.parseInt(count);
      JsonNode training = recipe.path("training");
      int each = training.path(ACCUMULATION).asInt(1);
      put("training." + ACCUMULATION, JSON.numberNode(each * devices));
      put("cluster.virtual_ranks", JSON.numberNode(devices));
      notes.add(
          "training.%s is %d * %d: a step learns from as many samples as on %d devices there; start it with up to --workers %d"
              .formatted(ACCUMULATION, each, devices, devices, devices));
    }

    /** The key of that name in one of the sections; an empty text if there is none. */
    private String place(String argument) {
      for (Map.Entry<String, JsonNode> section : schema.properties()) {
        JsonNode keys = section.getValue().path("properties");
        if (keys.has(argument)) {
          return section.getKey() + "." + argument;
        }
      }
      return schema.path(argument).has("type") ? argument : "";
    }

    private JsonNode schema(String place) {
      int dot = place.indexOf('.');
      return dot < 0
          ? schema.path(place)
          : schema.path(place.substring(0, dot)).path("properties").path(place.substring(dot + 1));
    }

    private static boolean allows(JsonNode schema, JsonNode value) {
      if (schema.has("const")) {
        return schema.get("const").equals(value);
      }
      return !schema.has("enum")
          || schema.get("enum").valueStream().anyMatch(each -> each.equals(value));
    }

    /** A word of a script as the type that the key has. */
    private static JsonNode typed(JsonNode value, JsonNode schema) {
      String type = type(schema);
      if (type.equals("array")) {
        ArrayNode list = JSON.arrayNode();
        texts(value).forEach(list::add);
        return list;
      }
      if (!value.isTextual()) {
        return value;
      }
      String text = value.textValue();
      return switch (type) {
        case "boolean" ->
            text.matches("(?i)true|false") ? JSON.booleanNode(Boolean.parseBoolean(text)) : value;
        case "integer", "number" -> number(text);
        case "object" -> mapping(text, value);
        default ->
            text.matches("(?i)true|false") && schema.has("const")
                ? JSON.booleanNode(Boolean.parseBoolean(text))
                : value;
      };
    }

    private static String type(JsonNode schema) {
      if (schema.has("type")) {
        return schema.get("type").asText();
      }
      return schema
          .path("anyOf")
          .valueStream()
          .map(each -> each.path("type").asText())
          .filter(each -> each.equals("array"))
          .findFirst()
          .orElse("");
    }

    private static JsonNode number(String text) {
      try {
        return text.matches("[-+]?\\d+")
            ? JSON.numberNode(Long.parseLong(text))
            : JSON.numberNode(Double.parseDouble(text));
      } catch (NumberFormatException e) {
        return JSON.textNode(text);
      }
    }

    private static JsonNode mapping(String text, JsonNode otherwise) {
      try {
        return MAPPER.readTree(text);
      } catch (JsonProcessingException e) {
        return otherwise;
      }
    }

    private static List<String> texts(JsonNode value) {
      return value.isArray()
          ? value.valueStream().map(JsonNode::asText).toList()
          : List.of(value.asText());
    }

    private void put(String place, JsonNode value) {
      String[] keys = place.split("\\.", -1);
      ObjectNode section = recipe;
      for (int i = 0; i < keys.length - 1; i++) {
        section = section.withObjectProperty(keys[i]);
      }
      section.set(keys[keys.length - 1], value);
    }

    /** The recipe in the order of the schema. */
    private String text() {
      ObjectNode ordered = JSON.objectNode();
      for (Map.Entry<String, JsonNode> section : schema.properties()) {
        if (recipe.has(section.getKey())) {
          ordered.set(section.getKey(), recipe.get(section.getKey()));
        }
      }
      try {
        return YAML.writeValueAsString(ordered);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("a tree of plain values is always YAML", e);
      }
    }
  }
}
