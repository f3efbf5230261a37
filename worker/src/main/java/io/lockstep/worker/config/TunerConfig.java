package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which parameters a run trains.
 *
 * @param trainType the model's own or those of an adapter
 * @param freezeLlm whether the language model stays as it is
 * @param freezeVit whether the vision tower does
 * @param freezeAligner whether the mergers do
 * @param resumeFromCheckpoint folder of an adapter that training goes on with
 * @param loraRank of the adapter; like all that follows absent unless there is one to be made
 * @param loraAlpha numerator of its scale
 * @param loraDropout share of a layer's inputs that training drops before the update
 * @param useDora whether magnitudes are learned apart from directions
 * @param useRslora whether the scale is {@code alpha / sqrt(rank)}
 * @param targetModules the layers it has
 * @param targetRegex the same as a pattern
 * @param targetParameters fused weights of experts it has
 * @param modulesToSave modules that are trained whole
 * @param options what it has beyond that
 */
public record TunerConfig(
    @Key(
            value = "The model's own parameters, or those of an adapter.",
            otherwise = "lora",
            remedy =
                "AdaLoRA, BOFT, FourierFT and others are not there; take lora, with use_dora for weights that are decomposed, rank_pattern for ranks that differ, or modules_to_save for modules that are trained whole")
        TrainType trainType,
    @Key(
            value =
                "Whether the language model stays as it is; in an adapter it gets no updates, but for `modules_to_save`.",
            otherwise = "false")
        boolean freezeLlm,
    @Key(value = "The same of the vision tower.", otherwise = "true") boolean freezeVit,
    @Key(value = "The same of the mergers.", otherwise = "true") boolean freezeAligner,
    @Key(
            value =
                "Folder of an adapter that training goes on with. Its rank and all the rest are kept; targets that it lacks are added.",
            mustExist = true)
        Optional<Path> resumeFromCheckpoint,
    @Key(value = "Rank of an adapter; 8 unless it is given.", min = 1) Optional<Integer> loraRank,
    @Key(value = "Numerator of an adapter's scale; 32 unless it is given.", min = 0, max = 1e6)
        Optional<Double> loraAlpha,
    @Key(
            value =
                "Share of a layer's inputs that training drops before an adapter's update; 0.05 unless it is given, and 0 with `target_parameters`.",
            min = 0,
            max = 0.95)
        Optional<Double> loraDropout,
    @Key("Whether an adapter learns the magnitude of each output apart from its direction.")
        Optional<Boolean> useDora,
    @Key("Whether an adapter's scale is `alpha / sqrt(rank)` instead of `alpha / rank`.")
        Optional<Boolean> useRslora,
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
        List<String> modulesToSave,
    @Key(inline = true) AdapterOptions options) {

  private static final int DEFAULT_RANK = 8;
  private static final double DEFAULT_ALPHA = 32;
  private static final double DEFAULT_DROPOUT = 0.05;

  /** The adapter of a recipe that says nothing of it: on all linear layers. */
  public static AdapterConfig usualAdapter() {
    return AdapterConfig.of(DEFAULT_RANK, DEFAULT_ALPHA, new Targets.AllLinear())
        .withDropout(DEFAULT_DROPOUT);
  }

  private static final Targets NO_LAYERS = new Targets.Names(List.of());

  /** What is trained. */
  public enum TrainType {
    /** The model's parameters. */
    FULL,
    /** Low-rank updates of linear layers; the model's parameters stay as they are. */
    LORA
  }

  public TunerConfig {
    targetParameters = List.copyOf(targetParameters);
    modulesToSave = List.copyOf(modulesToSave);
  }

  /** The same with what is left out of the adapter that is to be made. */
  TunerConfig withDefaults() {
    return trainType == TrainType.FULL || resumeFromCheckpoint.isPresent()
        ? this
        : new TunerConfig(
            trainType,
            freezeLlm,
            freezeVit,
            freezeAligner,
            resumeFromCheckpoint,
            loraRank.or(() -> Optional.of(DEFAULT_RANK)),
            loraAlpha.or(() -> Optional.of(DEFAULT_ALPHA)),
            loraDropout.or(() -> Optional.of(targetParameters.isEmpty() ? DEFAULT_DROPOUT : 0)),
            useDora.or(() -> Optional.of(false)),
            useRslora.or(() -> Optional.of(false)),
            targetRegex.isPresent() ? targetModules : Optional.of(targets()),
            targetRegex,
            targetParameters,
            modulesToSave,
            options);
  }

  void check(Place section, ModelSection model) {
    if (trainType == TrainType.FULL) {
      refuseAdapterKeys(
          section, "describes an adapter: write tuner.train_type: lora, or remove it");
      return;
    }
    if (model.weights() != ModelSection.Weights.LOAD) {
      section
          .at("train_type")
          .problem("lora needs model.weights: load, because only updates are stored");
    }
    if (targetModules.isPresent() && targetRegex.isPresent()) {
      section.at("target_regex").problem("and tuner.target_modules exclude each other");
    }
    boolean namesNone = targetModules.map(NO_LAYERS::equals).orElse(false);
    refuse(
        section.at("target_modules"),
        namesNone && targetParameters.isEmpty() && modulesToSave.isEmpty(),
        "must name layers, or be [all-linear]");
    if (!targetParameters.isEmpty()) {
      refuse(
          section.at("lora_dropout"),
          loraDropout.orElse(0.0) > 0,
          "must be 0 with tuner.target_parameters: what an expert's weight is updated by sees all inputs");
      refuse(
          section.at("use_dora"),
          useDora.orElse(false),
          "must be false with tuner.target_parameters: experts have no learned magnitudes");
      refuse(
          section.at("init_weights"),
          options.initWeights().hasFixedHalf(),
          "must be true with tuner.target_parameters, as in PEFT");
    }
    options.check(section, targetModules);
    try {
      targetRegex.ifPresent(Targets.Regex::of);
    } catch (IllegalArgumentException e) {
      section.at("target_regex").problem(String.valueOf(e.getMessage()));
    }
  }

  private void refuseAdapterKeys(Place section, String reason) {
    refuse(section.at("resume_from_checkpoint"), resumeFromCheckpoint.isPresent(), reason);
    refuse(section.at("lora_rank"), loraRank.isPresent(), reason);
    refuse(section.at("lora_alpha"), loraAlpha.isPresent(), reason);
    refuse(section.at("lora_dropout"), loraDropout.isPresent(), reason);
    refuse(section.at("use_dora"), useDora.isPresent(), reason);
    refuse(section.at("use_rslora"), useRslora.isPresent(), reason);
    refuse(section.at("target_modules"), targetModules.isPresent(), reason);
    refuse(section.at("target_regex"), targetRegex.isPresent(), reason);
    refuse(section.at("target_parameters"), !targetParameters.isEmpty(), reason);
    refuse(section.at("modules_to_save"), !modulesToSave.isEmpty(), reason);
    refuse(section.at("rank_pattern"), !options.rankPattern().isEmpty(), reason);
    refuse(section.at("alpha_pattern"), !options.alphaPattern().isEmpty(), reason);
    refuse(section.at("exclude_modules"), !options.excludeModules().isEmpty(), reason);
    refuse(section.at("layers_to_transform"), options.layersToTransform().isPresent(), reason);
    refuse(section.at("init_weights"), options.initWeights().hasFixedHalf(), reason);
    refuse(section.at("lora_bias"), options.loraBias() != AdapterConfig.Biases.NONE, reason);
  }

  private static void refuse(Place key, boolean given, String reason) {
    if (given) {
      key.problem(reason);
    }
  }

  /**
   * The adapter to make; nothing if all parameters are trained or training goes on with one that
   * there is.
   */
  public Optional<AdapterConfig> adapter() {
    if (trainType == TrainType.FULL || resumeFromCheckpoint.isPresent()) {
      return Optional.empty();
    }
    return loraRank.map(rank ->
        options.apply(
            AdapterConfig.of(rank, loraAlpha.orElse(DEFAULT_ALPHA), targets())
                .withDropout(loraDropout.orElse(0.0))
                .withParameters(targetParameters)
                .withModulesToSave(modulesToSave)
                .withDora(useDora.orElse(false))
                .withRankStabilised(useRslora.orElse(false))));
  }

  /** Layers that the recipe names; nothing if it leaves them to a default. */
  public Optional<Targets> namedTargets() {
    return targetRegex.<Targets>map(Targets.Regex::of).or(() -> targetModules);
  }

  /** What is said of an adapter that training goes on with and isn't so. */
  public List<String> disagreements(AdapterConfig stored) {
    List<String> problems = new ArrayList<>();
    disagree(problems, "lora_rank", loraRank, stored.rank());
    disagree(problems, "lora_alpha", loraAlpha, stored.alpha());
    disagree(problems, "lora_dropout", loraDropout, stored.dropout());
    disagree(problems, "use_dora", useDora, stored.dora());
    disagree(problems, "use_rslora", useRslora, stored.rankStabilised());
    if (options.isGiven()) {
      problems.add(
          "keeps its own ranks, scales, layers and values: remove tuner.rank_pattern, alpha_pattern,"
              + " exclude_modules, layers_to_transform, init_weights and lora_bias");
    }
    if (!targetParameters.isEmpty() && !targetParameters.equals(stored.parameters())) {
      problems.add(
          "has target_parameters %s, not %s as tuner.target_parameters says: remove the key"
              .formatted(stored.parameters(), targetParameters));
    }
    return problems;
  }

  private static <T> void disagree(List<String> problems, String key, Optional<T> said, T is) {
    if (said.isPresent() && !said.get().equals(is)) {
      problems.add(
          "has %s %s, not %s as tuner.%s says: remove the key".formatted(key, is, said.get(), key));
    }
  }

  private Targets targets() {
    return namedTargets()
        .orElseGet(() -> targetParameters.isEmpty() ? new Targets.AllLinear() : NO_LAYERS);
  }

  /** Parts of the model that stay as they are; with {@link TrainType#LORA} they get no adapters. */
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
