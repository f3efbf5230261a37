package io.lockstep.worker.config;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which parameters a run trains.
 *
 * @param mode the model's own or those of an adapter
 * @param frozen parts of the model that stay as they are; with {@link Mode#LORA} they get no
 *     adapters
 * @param adapter the adapter to make with {@link Mode#LORA}; empty if training goes on with {@code
 *     model.adapter}
 */
public record TuningConfig(
    Mode mode, Set<ParameterSpec.Module> frozen, Optional<AdapterConfig> adapter) {

  /** All parameters of the model. */
  public static final TuningConfig FULL = new TuningConfig(Mode.FULL, Set.of(), Optional.empty());

  private static final int DEFAULT_RANK = 8;
  private static final double DEFAULT_ALPHA = 16;
  private static final double MOST_DROPOUT = 0.95;

  /** Keys that describe an adapter. */
  private static final List<String> ADAPTER_KEYS =
      List.of(
          "rank",
          "alpha",
          "dropout",
          "target_modules",
          "target_regex",
          "modules_to_save",
          "dora",
          "rslora");

  /** What is trained. */
  public enum Mode {
    /** The model's parameters. */
    FULL,
    /** Low-rank updates of linear layers; the model's parameters stay as they are. */
    LORA
  }

  public TuningConfig {
    EnumSet<ParameterSpec.Module> sorted = EnumSet.noneOf(ParameterSpec.Module.class);
    sorted.addAll(frozen);
    frozen = Collections.unmodifiableSet(sorted);
  }

  static TuningConfig read(Section section, RunConfig.ModelSource model) {
    Mode mode = section.choice("mode", Mode.FULL, Mode.class);
    EnumSet<ParameterSpec.Module> frozen = EnumSet.noneOf(ParameterSpec.Module.class);
    for (ParameterSpec.Module part : ParameterSpec.Module.values()) {
      if (section.bool(freezeKey(part), false)) {
        frozen.add(part);
      }
    }
    if (frozen.size() == ParameterSpec.Module.values().length) {
      section.problem("freeze_llm", "and the other parts are all frozen: nothing would be trained");
    }
    Optional<AdapterConfig> adapter =
        switch (mode) {
          case FULL -> full(section, model);
          case LORA -> lora(section, model);
        };
    section.finish();
    return new TuningConfig(mode, frozen, adapter);
  }

  private static Optional<AdapterConfig> full(Section section, RunConfig.ModelSource model) {
    refuseAdapterKeys(section, "describes an adapter: add tuning.mode: lora, or remove it");
    if (model.adapter().isPresent()) {
      section.problem(
          "mode",
          "must be lora to go on with model.adapter; to train all parameters, merge it first with"
              + " `lockstep export merge`");
    }
    return Optional.empty();
  }

  private static Optional<AdapterConfig> lora(Section section, RunConfig.ModelSource model) {
    if (model.weights() != RunConfig.Weights.LOAD) {
      section.problem("mode", "lora needs model.weights: load, because only updates are stored");
    }
    if (model.adapter().isPresent()) {
      refuseAdapterKeys(section, "must be left out: model.adapter decides it");
      return Optional.empty();
    }
    AdapterConfig config =
        AdapterConfig.of(
                section.integer("rank", DEFAULT_RANK, 1),
                section.number("alpha", DEFAULT_ALPHA, 0, 1e6),
                targets(section))
            .withDropout(section.number("dropout", 0.0, 0, MOST_DROPOUT))
            .withModulesToSave(section.strings("modules_to_save"))
            .withDora(section.bool("dora", false))
            .withRankStabilised(section.bool("rslora", false));
    return Optional.of(config);
  }

  private static void refuseAdapterKeys(Section section, String reason) {
    ADAPTER_KEYS.stream().filter(section::has).forEach(key -> section.problem(key, reason));
  }

  private static Targets targets(Section section) {
    if (section.has("target_modules") && section.has("target_regex")) {
      section.problem("target_regex", "and tuning.target_modules exclude each other");
    }
    if (section.has("target_regex")) {
      return regex(section, section.string("target_regex", ""));
    }
    if (!section.has("target_modules")) {
      return new Targets.AllLinear();
    }
    if (!section.isText("target_modules")) {
      List<String> names = section.strings("target_modules");
      if (names.isEmpty()) {
        section.problem("target_modules", "must name layers, or be " + Targets.AllLinear.NAME);
      }
      return new Targets.Names(names);
    }
    String text = section.string("target_modules", "");
    if (!Targets.AllLinear.isMeant(text)) {
      section.problem(
          "target_modules",
          "must be a list of names or "
              + Targets.AllLinear.NAME
              + ", not '"
              + text
              + "'; a pattern goes into tuning.target_regex");
    }
    return new Targets.AllLinear();
  }

  private static Targets regex(Section section, String expression) {
    try {
      return Targets.Regex.of(expression);
    } catch (IllegalArgumentException e) {
      section.problem("target_regex", String.valueOf(e.getMessage()));
      return new Targets.AllLinear();
    }
  }

  /** The key that freezes a part. */
  static String freezeKey(ParameterSpec.Module part) {
    return "freeze_" + part.name().toLowerCase(Locale.ROOT);
  }

  /** The parts that are not frozen. */
  public Set<ParameterSpec.Module> trained() {
    EnumSet<ParameterSpec.Module> trained = EnumSet.allOf(ParameterSpec.Module.class);
    trained.removeAll(frozen);
    return trained;
  }
}
