package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.config.Vocabulary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What keys of recipes were called before they took the names that fine-tuning programs share. In a
 * file that a person writes a former key is refused with its new name; the stored recipes of older
 * runs and checkpoints are read as they are meant.
 */
final class FormerRecipe {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Keys that have another name or place now, and the same values. */
  private static final Map<String, String> MOVED =
      Map.ofEntries(
          Map.entry("run.name", "training.run_name"),
          Map.entry("run.seed", "training.seed"),
          Map.entry("run.output_dir", "training.output_dir"),
          Map.entry("model.path", "model.model"),
          Map.entry("model.adapter", "tuner.resume_from_checkpoint"),
          Map.entry("data.augmentation", "custom.augmentation"),
          Map.entry("data.loader_threads", "data.dataloader_num_workers"),
          Map.entry("training.epochs", "training.num_train_epochs"),
          Map.entry("training.virtual_ranks", "cluster.virtual_ranks"),
          Map.entry("training.bucket_floats", "cluster.bucket_floats"),
          Map.entry("training.global_max_length", "global_max_length"),
          Map.entry("training.truncation_strategy", "template.truncation_strategy"),
          Map.entry("training.save_delay_steps", "custom.save_delay_steps"),
          Map.entry("training.save_delay_epochs", "custom.save_delay_epochs"),
          Map.entry("training.keep_last", "training.save_total_limit"),
          Map.entry("optimizer.learning_rate", "training.learning_rate"),
          Map.entry("optimizer.vit_learning_rate", "training.vit_lr"),
          Map.entry("optimizer.aligner_learning_rate", "training.aligner_lr"),
          Map.entry("optimizer.beta1", "training.adam_beta1"),
          Map.entry("optimizer.beta2", "training.adam_beta2"),
          Map.entry("optimizer.epsilon", "training.adam_epsilon"),
          Map.entry("optimizer.weight_decay", "training.weight_decay"),
          Map.entry("optimizer.decay_vectors", "training.decay_vectors"),
          Map.entry("optimizer.warmup_ratio", "training.warmup_ratio"),
          Map.entry("optimizer.floor_ratio", "training.lr_scheduler_kwargs.min_lr_rate"),
          Map.entry("tuning.mode", "tuner.train_type"),
          Map.entry("tuning.freeze_llm", "tuner.freeze_llm"),
          Map.entry("tuning.freeze_vit", "tuner.freeze_vit"),
          Map.entry("tuning.freeze_aligner", "tuner.freeze_aligner"),
          Map.entry("tuning.rank", "tuner.lora_rank"),
          Map.entry("tuning.alpha", "tuner.lora_alpha"),
          Map.entry("tuning.dropout", "tuner.lora_dropout"),
          Map.entry("tuning.dora", "tuner.use_dora"),
          Map.entry("tuning.rslora", "tuner.use_rslora"),
          Map.entry("tuning.target_modules", "tuner.target_modules"),
          Map.entry("tuning.target_regex", "tuner.target_regex"),
          Map.entry("tuning.target_parameters", "tuner.target_parameters"),
          Map.entry("tuning.modules_to_save", "tuner.modules_to_save"));

  /** Keys whose values are written otherwise now. */
  private static final Map<String, String> REWRITTEN =
      Map.of(
          "training.global_batch_size",
          "training.per_device_train_batch_size * training.gradient_accumulation_steps",
          "training.gradient_accumulation",
          "training.per_device_train_batch_size, of which a virtual rank computes as many as it has",
          "cluster.zero_stage",
          "deepspeed.config: zero1, zero2 or zero3");

  /** What a stored recipe meant that leaves a key out whose default was another. */
  private static final Map<String, JsonNode> DEFAULTS =
      Map.ofEntries(
          Map.entry("optimizer.warmup_ratio", JSON.numberNode(0.05)),
          Map.entry("optimizer.floor_ratio", JSON.numberNode(0.1)),
          Map.entry("optimizer.beta2", JSON.numberNode(0.999)),
          Map.entry("optimizer.weight_decay", JSON.numberNode(0.0)),
          Map.entry("tuning.mode", JSON.textNode("full")),
          Map.entry("tuning.freeze_vit", JSON.booleanNode(false)),
          Map.entry("tuning.freeze_aligner", JSON.booleanNode(false)),
          Map.entry("training.logging_steps", JSON.numberNode(1)),
          Map.entry("training.save_steps", JSON.numberNode(0)));

  private static final int DEFAULT_RANKS = 4;

  /** Keys of entries of lists that have another name now. */
  private static final Map<String, String> OF_OPERATORS = Map.of("p", "prob", "degrees", "max_deg");

  /** What is known of keys that recipes don't have. */
  static final Vocabulary VOCABULARY =
      new Vocabulary(RemovedOptions.ALL, renamed(), FormerRecipe::upgrade);

  private FormerRecipe() {}

  private static Map<String, String> renamed() {
    Map<String, String> renamed = new HashMap<>(MOVED);
    renamed.putAll(REWRITTEN);
    renamed.put(
        "data.augmentation",
        "custom.augmentation, with `ops: [{name: hflip, params: {prob: 0.5}}]` for operators");
    for (String place : List.of("augmentation", "custom.augmentation")) {
      renamed.put(place + ".operators", place + ".ops");
    }
    return renamed;
  }

  /** A stored recipe in today's words; one that has them already as it is. */
  static ObjectNode upgrade(ObjectNode stored) {
    if (!stored.has("run") && !stored.has("optimizer")) {
      return stored;
    }
    DEFAULTS.forEach((key, value) -> {
      if (stored.at(pointer(key)).isMissingNode()) {
        put(stored, key, value);
      }
    });
    if (stored.at(pointer("training.epochs")).asLong() == 0) {
      take(stored, "training.epochs");
    }
    put(stored, "training.lr_scheduler_type", JSON.textNode("cosine_warmup_with_min_lr"));
    batches(stored);
    JsonNode stage = take(stored, "cluster.zero_stage");
    if (stage.isInt()) {
      put(stored, "deepspeed.config", JSON.textNode("zero" + stage.intValue()));
    }
    augmentation(stored.at(pointer("data.augmentation")));
    entries(stored.at(pointer("data.preprocessors")), Map.of());
    for (String list : List.of("data.fusion.targets", "data.fusion.sources")) {
      stored.at(pointer(list)).forEach(dataset -> entries(dataset.path("preprocessors"), Map.of()));
    }
    MOVED.forEach((former, now) -> {
      JsonNode value = take(stored, former);
      if (!value.isMissingNode()) {
        put(stored, now, value);
      }
    });
    stored.remove(List.of("run", "optimizer", "tuning"));
    return stored;
  }

  /** Shares and parts of a step, as {@link BatchPlan} has them. */
  private static void batches(ObjectNode stored) {
    int global = take(stored, "training.global_batch_size").asInt();
    int parts = take(stored, "training.gradient_accumulation").asInt(1);
    int ranks = stored.at(pointer("training.virtual_ranks")).asInt(DEFAULT_RANKS);
    put(stored, "training.virtual_ranks", JSON.numberNode(ranks));
    put(
        stored,
        "training.per_device_train_batch_size",
        JSON.numberNode(global / Math.max(1, ranks * parts)));
    put(stored, "training.gradient_accumulation_steps", JSON.numberNode(ranks * parts));
  }

  private static void augmentation(JsonNode section) {
    if (!(section instanceof ObjectNode augmentation)) {
      return;
    }
    entries(augmentation.path("operators"), OF_OPERATORS);
    for (JsonNode phase : augmentation.at("/curriculum/phases")) {
      for (JsonNode keys : phase.path("operators")) {
        rename((ObjectNode) keys, OF_OPERATORS);
      }
      rename((ObjectNode) phase, Map.of("operators", "ops"));
    }
    rename(augmentation, Map.of("operators", "ops"));
  }

  /** Makes of {@code {name: {key: value}}} what is written as name and params now. */
  private static void entries(JsonNode list, Map<String, String> renamed) {
    for (int i = 0; i < list.size(); i++) {
      JsonNode entry = list.get(i);
      if (entry.isObject() && entry.size() == 1) {
        var only = entry.properties().iterator().next();
        ObjectNode now = JSON.objectNode().put("name", only.getKey());
        if (only.getValue() instanceof ObjectNode keys) {
          rename(keys, renamed);
          now.set("params", keys);
        }
        ((ArrayNode) list).set(i, now);
      }
    }
  }

  private static void rename(ObjectNode keys, Map<String, String> renamed) {
    renamed.forEach((former, now) -> {
      JsonNode value = keys.remove(former);
      if (value != null) {
        keys.set(now, value);
      }
    });
  }

  private static String pointer(String key) {
    return "/" + key.replace('.', '/');
  }

  private static JsonNode take(ObjectNode tree, String key) {
    int dot = key.lastIndexOf('.');
    JsonNode section = tree.at(pointer(key.substring(0, dot)));
    JsonNode value =
        section instanceof ObjectNode mapping ? mapping.remove(key.substring(dot + 1)) : null;
    return value == null ? MissingNode.getInstance() : value;
  }

  private static void put(ObjectNode tree, String key, JsonNode value) {
    ObjectNode section = tree;
    String[] names = key.split("\\.", -1);
    for (int i = 0; i < names.length - 1; i++) {
      section =
          section.get(names[i]) instanceof ObjectNode there ? there : section.putObject(names[i]);
    }
    section.set(names[names.length - 1], value);
  }
}
