package io.lockstep.worker.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.lockstep.config.ConfigException;
import io.lockstep.config.text.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How the configuration of a run that goes on differs from the one it began with. What changes the
 * numbers that are computed must be wanted: it is refused unless it is acknowledged by its name.
 *
 * @param differences in the order of their names
 */
public record ConfigComparison(List<Difference> differences) {

  private static final YAMLMapper YAML = new YAMLMapper();
  private static final String ABSENT = "(not set)";

  /** Whole sections, by what their documentation promises of them. */
  private static final Map<String, Effect> SECTIONS =
      Map.of(
          "model", Effect.NUMBERS,
          "data", Effect.NUMBERS,
          "prompts", Effect.NUMBERS,
          "vision", Effect.NUMBERS,
          "optimizer", Effect.NUMBERS,
          "tuning", Effect.NUMBERS,
          "inputs", Effect.NUMBERS,
          "cluster", Effect.NONE);

  /** Every key of the sections that hold both kinds. */
  private static final Map<String, Effect> KEYS =
      Map.ofEntries(
          Map.entry("run.name", Effect.NONE),
          Map.entry("run.seed", Effect.NUMBERS),
          Map.entry("run.output_dir", Effect.NONE),
          // The learning rate follows from the number of all steps.
          Map.entry("training.max_steps", Effect.NUMBERS),
          Map.entry("training.epochs", Effect.NUMBERS),
          Map.entry("training.global_batch_size", Effect.NUMBERS),
          Map.entry("training.virtual_ranks", Effect.NUMBERS),
          Map.entry("training.global_max_length", Effect.NUMBERS),
          Map.entry("training.group_by_length", Effect.NUMBERS),
          Map.entry("training.truncation_strategy", Effect.NUMBERS),
          Map.entry("training.gradient_accumulation", Effect.NUMBERS),
          // Recomputing activations gives the same bits.
          Map.entry("training.gradient_checkpointing", Effect.NONE),
          Map.entry("training.max_grad_norm", Effect.NUMBERS),
          // Norms are summed bucket by bucket.
          Map.entry("training.bucket_floats", Effect.NUMBERS),
          // Nothing is learned from what is held out.
          Map.entry("data.val_jsonl", Effect.NONE),
          Map.entry("data.val_records", Effect.NONE),
          Map.entry("data.loader_threads", Effect.NONE),
          // What a bank has no room for is cut from its picture once more.
          Map.entry("data.patch_bank_mib", Effect.NONE),
          // Decides whether a run goes on, not what it learns.
          Map.entry("data.max_unreadable", Effect.NONE),
          Map.entry("training.save_steps", Effect.NONE),
          Map.entry("training.save_delay_steps", Effect.NONE),
          Map.entry("training.save_delay_epochs", Effect.NONE),
          Map.entry("training.keep_last", Effect.NONE),
          Map.entry("training.keep_best", Effect.NONE),
          Map.entry("training.logging_steps", Effect.NONE));

  /** What a change of a key does to the weights that come out. */
  enum Effect {
    NUMBERS,
    NONE,
    /** Nobody has said so; taken for the worse. */
    UNKNOWN
  }

  /**
   * One key with two values.
   *
   * @param key as it is written in the file, for example {@code training.save_steps}
   * @param before the value the run began with
   * @param after the value it is to go on with
   * @param changesNumbers whether other weights come out
   */
  public record Difference(String key, String before, String after, boolean changesNumbers) {
    @Override
    public String toString() {
      return "%s was %s and is now %s".formatted(key, before, after);
    }
  }

  public ConfigComparison {
    differences = List.copyOf(differences);
  }

  /**
   * Compares two configurations, both with defaults filled in.
   *
   * @param stored the one the run began with
   * @param resumed the one it is to go on with
   */
  public static ConfigComparison of(RunConfig stored, RunConfig resumed) {
    SortedMap<String, String> before = flat(stored);
    SortedMap<String, String> after = flat(resumed);
    TreeSet<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(after.keySet());
    List<Difference> differences = new ArrayList<>();
    for (String key : keys) {
      String old = before.getOrDefault(key, ABSENT);
      String now = after.getOrDefault(key, ABSENT);
      if (!old.equals(now)) {
        // What was not recorded can't be held against anybody.
        boolean recorded = !key.startsWith("inputs.") || stored.inputs().isPresent();
        differences.add(new Difference(key, old, now, effect(key) != Effect.NONE && recorded));
      }
    }
    return new ConfigComparison(differences);
  }

  /**
   * Refuses what changes the numbers and is not acknowledged.
   *
   * @param acknowledged names of keys whose change is wanted
   * @return one line for each difference that is let through, and for each acknowledged name that
   *     doesn't differ, as after a restart
   * @throws ConfigException naming every refused key with both values
   */
  public List<String> require(String source, Set<String> acknowledged) throws ConfigException {
    List<String> problems = new ArrayList<>();
    List<String> notices = new ArrayList<>();
    TreeSet<String> unused = new TreeSet<>(acknowledged);
    for (Difference difference : differences) {
      boolean wanted = unused.remove(difference.key());
      if (difference.changesNumbers() && !wanted) {
        problems.add(
            "%s, which changes the weights: set it back, or add --acknowledge %s"
                .formatted(difference, difference.key()));
      } else if (difference.changesNumbers()) {
        notices.add(difference + ", which changes the weights from here on, as acknowledged");
      } else {
        notices.add(difference + ", which doesn't change the weights");
      }
    }
    for (String name : unused) {
      notices.add(
          "--acknowledge "
              + name
              + " names nothing that differs"
              + NearestName.of(name, differences.stream().map(Difference::key).toList())
                  .map(nearest -> ": did you mean '" + nearest + "'?")
                  .orElse(""));
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return List.copyOf(notices);
  }

  /** What a change of a key does. */
  static Effect effect(String key) {
    Effect known = KEYS.get(key);
    if (known != null) {
      return known;
    }
    String section = key.substring(0, Math.max(0, key.indexOf('.')));
    return SECTIONS.getOrDefault(section, Effect.UNKNOWN);
  }

  /** Values by dotted keys; a list is one value. */
  private static SortedMap<String, String> flat(RunConfig config) {
    SortedMap<String, String> flat = new TreeMap<>();
    try {
      YAML.readTree(config.toYaml())
          .properties()
          .forEach(section ->
              section
                  .getValue()
                  .properties()
                  .forEach(key ->
                      flat.put(section.getKey() + "." + key.getKey(), text(key.getValue()))));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a configuration always writes YAML", e);
    }
    return flat;
  }

  private static String text(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }
}
