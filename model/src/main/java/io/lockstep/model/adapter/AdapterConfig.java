package io.lockstep.model.adapter;

import io.lockstep.data.file.FileWrites;
import io.lockstep.model.config.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * What {@code adapter_config.json} says: the shape of a low-rank adapter (Hu et al., "LoRA:
 * Low-rank adaptation of large language models", 2021; Liu et al., "DoRA: Weight-decomposed
 * low-rank adaptation", 2024).
 *
 * @param rank rank r of the update, at least 1
 * @param alpha numerator of its scale
 * @param dropout share of a layer's inputs that training drops before the update, in [0, 1)
 * @param targets the linear layers that are adapted
 * @param parameters fused parameters of experts that are adapted, each expert by an update of its
 *     own; a name means every parameter whose full name is it or ends so after a dot
 * @param excluded modules that are not adapted although the targets name them
 * @param modulesToSave modules that are trained whole and stored beside the adapter; a name means
 *     every module whose full name ends so
 * @param dora whether the magnitude of each output is learned apart from its direction
 * @param rankStabilised whether the scale is {@code alpha / sqrt(r)} instead of {@code alpha / r}
 * @param ranks ranks of layers whose name ends with a match of the key
 * @param alphas numerators likewise
 * @param base folder or name of the base model
 * @param taskType what the base model is used for, as the public library names it
 * @param beginning how updates begin
 * @param biases which biases of the base model are trained whole and stored beside the updates
 */
public record AdapterConfig(
    int rank,
    double alpha,
    double dropout,
    Targets targets,
    List<String> parameters,
    Optional<Targets> excluded,
    List<String> modulesToSave,
    boolean dora,
    boolean rankStabilised,
    SequencedMap<String, Integer> ranks,
    SequencedMap<String, Double> alphas,
    Optional<String> base,
    Optional<String> taskType,
    Beginning beginning,
    Biases biases) {

  /** Which biases are trained, with the meaning that the public PEFT library gives to it. */
  public enum Biases {
    /** None. */
    NONE,
    /** Those of all layers. */
    ALL,
    /** Those of layers that have updates. */
    LORA_ONLY;

    /** What the format calls it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Its name in an adapter's folder. */
  public static final String FILE_NAME = "adapter_config.json";

  public AdapterConfig {
    parameters = List.copyOf(parameters);
    modulesToSave = List.copyOf(modulesToSave);
    ranks = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(ranks));
    alphas = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(alphas));
  }

  /** An adapter of one rank. */
  public static AdapterConfig of(int rank, double alpha, Targets targets) {
    return new AdapterConfig(
        rank,
        alpha,
        0,
        targets,
        List.of(),
        Optional.empty(),
        List.of(),
        false,
        false,
        new LinkedHashMap<>(),
        new LinkedHashMap<>(),
        Optional.empty(),
        Optional.empty(),
        Beginning.unchanged(),
        Biases.NONE);
  }

  /** The same with another dropout. */
  public AdapterConfig withDropout(double share) {
    return with(draft -> draft.dropout = share);
  }

  /** The same with other targets. */
  public AdapterConfig withTargets(Targets others) {
    return with(draft -> draft.targets = others);
  }

  /** The same with other fused parameters of experts. */
  public AdapterConfig withParameters(List<String> names) {
    return with(draft -> draft.parameters = names);
  }

  /** The same with modules that are trained whole. */
  public AdapterConfig withModulesToSave(List<String> modules) {
    return with(draft -> draft.modulesToSave = modules);
  }

  /** The same with or without learned magnitudes. */
  public AdapterConfig withDora(boolean magnitudes) {
    return with(draft -> draft.dora = magnitudes);
  }

  /** The same with the scale {@code alpha / sqrt(r)}, or {@code alpha / r}. */
  public AdapterConfig withRankStabilised(boolean stabilised) {
    return with(draft -> draft.rankStabilised = stabilised);
  }

  /**
   * The same with other ranks and numerators for layers whose name ends with a match of the key.
   */
  public AdapterConfig withPatterns(
      SequencedMap<String, Integer> otherRanks, SequencedMap<String, Double> otherAlphas) {
    return with(draft -> {
      draft.ranks = otherRanks;
      draft.alphas = otherAlphas;
    });
  }

  /** The same without what others mean. */
  public AdapterConfig withExcluded(Optional<Targets> others) {
    return with(draft -> draft.excluded = others);
  }

  /** The same for a base model in that folder. */
  public AdapterConfig withBase(String folder) {
    return with(draft -> draft.base = Optional.of(folder));
  }

  /** The same with updates that begin so. */
  public AdapterConfig withBeginning(Beginning other) {
    return with(draft -> draft.beginning = other);
  }

  /** The same with these biases trained. */
  public AdapterConfig withBiases(Biases others) {
    return with(draft -> draft.biases = others);
  }

  /**
   * What is stored of an adapter of this configuration: a fixed half of its updates makes its ranks
   * twice as large, and its numerators larger so that the scale stays, as in the public library's
   * conversion of such adapters.
   */
  public AdapterConfig stored() {
    if (!beginning.hasFixedHalf()) {
      return this;
    }
    double factor = rankStabilised ? Math.sqrt(2) : 2;
    return with(draft -> {
      draft.rank = 2 * rank;
      draft.alpha = factor * alpha;
      draft.ranks = mapped(ranks, value -> 2 * value);
      draft.alphas = mapped(alphas, value -> factor * value);
      draft.beginning = Beginning.unchanged();
    });
  }

  private static <T> SequencedMap<String, T> mapped(
      SequencedMap<String, T> patterns, UnaryOperator<T> change) {
    SequencedMap<String, T> changed = new LinkedHashMap<>();
    patterns.forEach((pattern, value) -> changed.put(pattern, change.apply(value)));
    return changed;
  }

  private AdapterConfig with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return new AdapterConfig(
        draft.rank,
        draft.alpha,
        draft.dropout,
        draft.targets,
        draft.parameters,
        draft.excluded,
        draft.modulesToSave,
        draft.dora,
        draft.rankStabilised,
        draft.ranks,
        draft.alphas,
        draft.base,
        taskType,
        draft.beginning,
        draft.biases);
  }

  /** What may be changed of a configuration. */
  private static final class Draft {
    private int rank;
    private double alpha;
    private double dropout;
    private Targets targets;
    private List<String> parameters;
    private Optional<Targets> excluded;
    private List<String> modulesToSave;
    private boolean dora;
    private boolean rankStabilised;
    private SequencedMap<String, Integer> ranks;
    private SequencedMap<String, Double> alphas;
    private Optional<String> base;
    private Beginning beginning;
    private Biases biases;

    Draft(AdapterConfig from) {
      rank = from.rank;
      alpha = from.alpha;
      dropout = from.dropout;
      targets = from.targets;
      parameters = from.parameters;
      excluded = from.excluded;
      modulesToSave = from.modulesToSave;
      dora = from.dora;
      rankStabilised = from.rankStabilised;
      ranks = from.ranks;
      alphas = from.alphas;
      base = from.base;
      beginning = from.beginning;
      biases = from.biases;
    }
  }

  /** The rank of the update of a layer, or of each expert of a fused parameter. */
  public int rankOf(String module) {
    return patternOf(ranks, module).orElse(rank);
  }

  /** What a layer's update is multiplied with. */
  public double scaleOf(String module) {
    double numerator = patternOf(alphas, module).orElse(alpha);
    int layerRank = rankOf(module);
    return numerator / (rankStabilised ? Math.sqrt((double) layerRank) : layerRank);
  }

  /** The value of the first key that the whole name, or its end after a dot, matches. */
  private static <T> Optional<T> patternOf(SequencedMap<String, T> patterns, String module) {
    return patterns.entrySet().stream()
        .filter(entry -> Targets.Regex.of("(.*\\.)?(" + entry.getKey() + ")").match(module))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** Whether a folder holds an adapter instead of a whole model. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE_NAME));
  }

  /**
   * Reads an adapter folder's configuration.
   *
   * @throws InvalidConfigException naming every setting that is wrong, or would change numbers in a
   *     way that isn't supported
   */
  public static AdapterConfig read(Path folder) throws IOException {
    return AdapterJson.read(folder.resolve(FILE_NAME));
  }

  /** Writes it into an adapter's folder. */
  public void write(Path folder) throws IOException {
    FileWrites.text(folder.resolve(FILE_NAME), AdapterJson.write(this));
  }
}
