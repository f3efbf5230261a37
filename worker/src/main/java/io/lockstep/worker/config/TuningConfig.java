package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which parameters a run trains.
 *
 * @param mode the model's own or those of an adapter
 * @param freezeLlm whether the language model stays as it is
 * @param freezeVit whether the vision tower does
 * @param freezeAligner whether the mergers do
 * @param rank of the adapter; like all that follows absent unless there is one to be made
 * @param alpha numerator of its scale
 * @param dropout share of a layer's inputs that training drops before the update
 * @param dora whether magnitudes are learned apart from directions
 * @param rslora whether the scale is {@code alpha / sqrt(rank)}
 * @param targetModules the layers it has
 * @param targetRegex the same as a pattern
 * @param targetParameters fused weights of experts it has
 * @param modulesToSave modules that are trained whole
 */
public record TuningConfig(
    @Key(value = "The model's own parameters, or those of an adapter.", otherwise = "full")
        Mode mode,
    @Key(
            value = "Whether the language model stays as it is; in an adapter it gets no updates.",
            otherwise = "false")
        boolean freezeLlm,
    @Key(value = "The same of the vision tower.", otherwise = "false") boolean freezeVit,
    @Key(value = "The same of the mergers.", otherwise = "false") boolean freezeAligner,
    @Key(value = "Rank of an adapter; 8 unless it is given.", min = 1) Optional<Integer> rank,
    @Key(value = "Numerator of an adapter's scale; 16 unless it is given.", min = 0, max = 1e6)
        Optional<Double> alpha,
    @Key(
            value =
                "Share of a layer's inputs that training drops before an adapter's update; 0 unless it is given.",
            min = 0,
            max = 0.95)
        Optional<Double> dropout,
    @Key("Whether an adapter learns the magnitude of each output apart from its direction.")
        Optional<Boolean> dora,
    @Key("Whether an adapter's scale is `alpha / sqrt(rank)` instead of `alpha / rank`.")
        Optional<Boolean> rslora,
    @Key(
            value =
                "Layers that an adapter has; all linear ones unless it or `target_parameters` is given.",
            form = TargetModules.class)
        Optional<Targets> targetModules,
    @Key("The same as a regular expression for full names.") Optional<String> targetRegex,
    @Key(
            value =
                "Fused weights of experts that an adapter has, each expert with an update of its own, as in PEFT.",
            otherwise = "[]")
        List<String> targetParameters,
    @Key(value = "Modules that are trained whole and stored beside an adapter.", otherwise = "[]")
        List<String> modulesToSave) {

  private static final int DEFAULT_RANK = 8;
  private static final double DEFAULT_ALPHA = 16;

  private static final Targets NO_LAYERS = new Targets.Names(List.of());

  /** What is trained. */
  public enum Mode {
    /** The model's parameters. */
    FULL,
    /** Low-rank updates of linear layers; the model's parameters stay as they are. */
    LORA
  }

  public TuningConfig {
    targetParameters = List.copyOf(targetParameters);
    modulesToSave = List.copyOf(modulesToSave);
  }

  /** The same with what is left out of the adapter that is to be made. */
  TuningConfig withDefaults() {
    return mode == Mode.FULL
        ? this
        : new TuningConfig(
            mode,
            freezeLlm,
            freezeVit,
            freezeAligner,
            rank.or(() -> Optional.of(DEFAULT_RANK)),
            alpha.or(() -> Optional.of(DEFAULT_ALPHA)),
            dropout.or(() -> Optional.of(0.0)),
            dora.or(() -> Optional.of(false)),
            rslora.or(() -> Optional.of(false)),
            targetRegex.isPresent() ? targetModules : Optional.of(targets()),
            targetRegex,
            targetParameters,
            modulesToSave);
  }

  void check(Place section, RunConfig.ModelSource model) {
    if (mode == Mode.FULL) {
      refuseAdapterKeys(section, "describes an adapter: add tuning.mode: lora, or remove it");
      if (model.adapter().isPresent()) {
        section
            .at("mode")
            .problem(
                "must be lora to go on with model.adapter; to train all parameters, merge it first"
                    + " with `lockstep export merge`");
      }
      return;
    }
    if (model.weights() != RunConfig.Weights.LOAD) {
      section.at("mode").problem("lora needs model.weights: load, because only updates are stored");
    }
    if (model.adapter().isPresent()) {
      refuseAdapterKeys(section, "must be left out: model.adapter decides it");
    }
    if (targetModules.isPresent() && targetRegex.isPresent()) {
      section.at("target_regex").problem("and tuning.target_modules exclude each other");
    }
    boolean namesNone = targetModules.map(NO_LAYERS::equals).orElse(false);
    refuse(
        section.at("target_modules"),
        namesNone && targetParameters.isEmpty(),
        "must name layers, or be " + Targets.AllLinear.NAME);
    if (!targetParameters.isEmpty()) {
      refuse(
          section.at("dropout"),
          dropout.orElse(0.0) > 0,
          "must be 0 with tuning.target_parameters: what an expert's weight is updated by sees all inputs");
      refuse(
          section.at("dora"),
          dora.orElse(false),
          "must be false with tuning.target_parameters: experts have no learned magnitudes");
    }
    try {
      targetRegex.ifPresent(Targets.Regex::of);
    } catch (IllegalArgumentException e) {
      section.at("target_regex").problem(String.valueOf(e.getMessage()));
    }
  }

  private void refuseAdapterKeys(Place section, String reason) {
    refuse(section.at("rank"), rank.isPresent(), reason);
    refuse(section.at("alpha"), alpha.isPresent(), reason);
    refuse(section.at("dropout"), dropout.isPresent(), reason);
    refuse(section.at("dora"), dora.isPresent(), reason);
    refuse(section.at("rslora"), rslora.isPresent(), reason);
    refuse(section.at("target_modules"), targetModules.isPresent(), reason);
    refuse(section.at("target_regex"), targetRegex.isPresent(), reason);
    refuse(section.at("target_parameters"), !targetParameters.isEmpty(), reason);
    refuse(section.at("modules_to_save"), !modulesToSave.isEmpty(), reason);
  }

  private static void refuse(Place key, boolean given, String reason) {
    if (given) {
      key.problem(reason);
    }
  }

  /**
   * The adapter to make; nothing if all parameters are trained or training goes on with {@code
   * model.adapter}.
   */
  public Optional<AdapterConfig> adapter() {
    return rank.map(r ->
        AdapterConfig.of(r, alpha.orElse(DEFAULT_ALPHA), targets())
            .withDropout(dropout.orElse(0.0))
            .withParameters(targetParameters)
            .withModulesToSave(modulesToSave)
            .withDora(dora.orElse(false))
            .withRankStabilised(rslora.orElse(false)));
  }

  private Targets targets() {
    return targetRegex
        .<Targets>map(Targets.Regex::of)
        .or(() -> targetModules)
        .orElseGet(() -> targetParameters.isEmpty() ? new Targets.AllLinear() : NO_LAYERS);
  }

  /** Parts of the model that stay as they are; with {@link Mode#LORA} they get no adapters. */
  public Set<ParameterSpec.Module> frozen() {
    return Collections.unmodifiableSet(parts(true));
  }

  /** The parts that are not frozen. */
  public Set<ParameterSpec.Module> trained() {
    return parts(false);
  }

  private Set<ParameterSpec.Module> parts(boolean wanted) {
    EnumSet<ParameterSpec.Module> parts = EnumSet.noneOf(ParameterSpec.Module.class);
    for (ParameterSpec.Module part : ParameterSpec.Module.values()) {
      boolean belongs =
          switch (part) {
            case LLM -> freezeLlm == wanted;
            case VIT -> freezeVit == wanted;
            case ALIGNER -> freezeAligner == wanted;
            // A head is there to be trained; whether there is one, is said elsewhere.
            case DETECTION -> false;
          };
      if (belongs) {
        parts.add(part);
      }
    }
    return parts;
  }
}
