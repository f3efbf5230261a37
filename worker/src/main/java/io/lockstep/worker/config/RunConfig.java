package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.ConfigException;
import io.lockstep.config.ConfigReader;
import io.lockstep.config.ConfigWriter;
import io.lockstep.config.JsonSchema;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import io.lockstep.config.ReferencePage;
import io.lockstep.config.YamlText;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.FusionConfig;
import io.lockstep.data.plan.EpochOrder;
import io.lockstep.data.plan.WholeDataset;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.budget.TokenBudget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Everything that decides a run's weights. Two runs of equal configuration, data and base model
 * give equal weights on any number of workers.
 *
 * @param run what it is called and where it lies
 * @param model where the run starts from
 * @param data what it learns from
 * @param prompts what the model is asked
 * @param vision how it sees pictures
 * @param training how long and in what portions
 * @param optimizer how it is updated
 * @param tuning which of its parameters are
 * @param rlhf a teacher that it learns from, if there is one
 * @param custom what is learned besides
 * @param cluster how many workers it wants, and what it does when some are lost
 * @param inputs what its files held when it began; filled in by the run
 */
public record RunConfig(
    @Key("The run itself.") Run run,
    @Key("The model that the run starts from.") ModelSource model,
    @Key("What is learned.") DataConfig data,
    @Key("What the model is asked.") PromptConfig prompts,
    @Key("How the model sees pictures.") VisionOptions vision,
    @Key("How long and in what portions is trained.") TrainingConfig training,
    @Key("AdamW and its learning rate: linear warm-up, then a cosine down to a floor.")
        OptimizerConfig optimizer,
    @Key("Which parameters are trained.") TuningConfig tuning,
    @Key("A teacher whose distributions are learned.") Optional<DistillationConfig> rlhf,
    @Key("What is learned besides.") CustomConfig custom,
    @Key(
            value = "How many workers the run wants, and what it does when some are lost.",
            changesWeights = false)
        ClusterConfig cluster,
    @Key(value = "What the files held when the run began.", filledIn = true)
        Optional<RunInputs> inputs)
    implements Checked {

  private static final String INTRODUCTION =
      """
      # Keys of a recipe

      A recipe is a YAML file with these sections. `lockstep config reference` prints this page and `lockstep config schema` the JSON
      Schema, which is kept in `configs/recipe.schema.json`: editors complete and check recipes that begin with
      `# yaml-language-server: $schema=PATH`. Relative paths are relative to the recipe's folder. A run that goes on refuses another value of a
      key that changes the weights unless `--acknowledge KEY` says that it is wanted.

      ## `extends`

          extends: base.yaml                 # or [base.yaml, lora.yaml]
          run: {name: longer}
          training: {max_steps: 2000}

      A recipe may name one file or several that it is laid over, by paths relative to its own folder. Each of them is laid over those named
      before it, and the recipe over all: mappings key by key, at any depth; lists and other values are replaced whole. A file brings along
      all that it extends itself, also where two files extend the same one: of `[a.yaml, b.yaml]`, what `b.yaml` extends lies over `a.yaml`.
      A circle is an error. `--base_config FILE` puts one more file below all others. Relative paths are relative to the folder of the file
      in which they stand, and problems name that file and its line.

      What a file below says can't be unset: a key without a value above one with a value is an error. Give another value, or move the key into
      a file of its own that only those name who want it. `augmentation` at the top and `data.augmentation` are the same key.

      `lockstep config show --config FILE` prints what the files say together, and where each value stands. A run keeps it in `run.yaml`,
      without `extends`: whether a recipe is written in one file or in several is the same to a run that goes on. Chains have 16 files at most, and a
      file 1 MiB.
      """;

  public RunConfig {
    tuning = model.adapter().isPresent() ? tuning : tuning.withDefaults();
  }

  /**
   * The run itself.
   *
   * @param name for people
   * @param seed source of all randomness
   * @param outputDir its folder, if it is known yet
   */
  public record Run(
      @Key(value = "Name for people.", otherwise = "run", changesWeights = false) String name,
      @Key("Source of all randomness.") long seed,
      @Key(value = "The run's folder, unless `--out` names it.", changesWeights = false)
          Optional<Path> outputDir) {}

  /**
   * The model a run starts from.
   *
   * @param path folder of a checkpoint in the public layout
   * @param weights whether its weights are loaded or drawn anew from the run's seed
   * @param adapter folder of an adapter that training goes on with
   */
  public record ModelSource(
      @Key(value = "Folder of a checkpoint in the public layout.", mustExist = true) Path path,
      @Key(
              value = "Whether its weights are loaded or drawn anew from the run's seed.",
              otherwise = "load")
          Weights weights,
      @Key(value = "Folder of an adapter that training goes on with.", mustExist = true)
          Optional<Path> adapter)
      implements Checked {

    @Override
    public void check(Place section) {
      if (AdapterConfig.isIn(path)) {
        section
            .at("path")
            .problem(
                "names "
                    + path
                    + ", which holds an adapter: name its base model's folder here, and the"
                    + " adapter's in model.adapter");
      }
    }
  }

  /** Where the first weights come from. */
  public enum Weights {
    /** From the checkpoint's safetensors. */
    LOAD,
    /** Random, from the run's seed; the folder gives configuration and tokenizer. */
    INITIALISE
  }

  /**
   * How the model sees pictures.
   *
   * @param tokenBudget share of a picture's vision tokens that is kept; if it is absent, the one
   *     the starting model was trained with
   */
  public record VisionOptions(
      @Key(
              value =
                  "Share of a picture's vision tokens that is kept; unless it is given, the one the starting model was trained with.",
              min = 0,
              aboveMin = true,
              max = 1,
              remedy = "a picture keeps at least one token")
          Optional<Double> tokenBudget) {

    /** The budget, if it is given. */
    public Optional<TokenBudget> budget() {
      return tokenBudget.map(TokenBudget::new);
    }
  }

  /**
   * Reads a file over those that it extends; relative paths are relative to their file's folder.
   */
  public static RunConfig read(Path file) throws IOException, ConfigException {
    return new RecipeFile(file).read();
  }

  /**
   * Reads YAML text.
   *
   * @param source name for messages
   * @param folder what relative paths are relative to
   */
  public static RunConfig parse(String yaml, String source, Path folder) throws ConfigException {
    return parse(yaml, source, folder, false);
  }

  /**
   * Reads the configuration that a run or a checkpoint keeps; the files it names need not be there
   * any more.
   */
  public static RunConfig readStored(Path file) throws IOException, ConfigException {
    return parse(
        YamlText.of(file), file.toString(), file.toAbsolutePath().resolveSibling(""), true);
  }

  /** The same from its text, in which every path is absolute. */
  public static RunConfig parseStored(String yaml, String source) throws ConfigException {
    return parse(yaml, source, Path.of("/"), true);
  }

  private static RunConfig parse(String yaml, String source, Path folder, boolean stored)
      throws ConfigException {
    return ConfigReader.read(
        RunConfig.class, yaml, new ConfigReader.Origin(source, folder, stored), RemovedOptions.ALL);
  }

  @Override
  public void check(Place top) {
    tuning.check(top.at("tuning"), model);
    cluster.check(top.at("cluster"), training);
    if (rlhf.isPresent() && custom.teacherStudent().isPresent()) {
      top.at("custom", "teacher_student")
          .problem("and rlhf exclude each other: each says by itself what is minimised");
    }
    if (custom.detectionEnabled() && tuning.mode() == TuningConfig.Mode.LORA) {
      top.at("custom", "detection_enabled")
          .problem(
              "is true with tuning.mode: lora, which stores updates of layers alone: set mode to full, and freeze_llm, freeze_vit and freeze_aligner to learn the head on the model as it is");
    }
    if (tuning.trained().isEmpty() && !custom.detectionEnabled()) {
      top.at("tuning", "freeze_llm")
          .problem("and the other parts are all frozen: nothing would be trained");
    }
    if (!(tuning.trained().isEmpty() && !custom.detectionEnabled())
        && tuning.trained().stream().allMatch(part -> optimizer.peakLr(part) == 0)
        && (!custom.detectionEnabled() || optimizer.detectionLearningRate() == 0)) {
      top.at("optimizer", "learning_rate")
          .problem("is 0 for every part of the model that isn't frozen: nothing would be trained");
    }
  }

  /** Name for people. */
  public String name() {
    return run.name;
  }

  /** Source of all randomness. */
  public long seed() {
    return run.seed;
  }

  /** The run's folder, if it is known yet. */
  public Optional<Path> outputDir() {
    return run.outputDir;
  }

  /** The same configuration with the run's folder set. */
  public RunConfig withOutputDir(Path dir) {
    Run there = new Run(run.name, run.seed, Optional.of(dir.toAbsolutePath().normalize()));
    return new RunConfig(
        there, model, data, prompts, vision, training, optimizer, tuning, rlhf, custom, cluster,
        inputs);
  }

  /** The same configuration with what its files hold. */
  public RunConfig withInputs(RunInputs found) {
    return new RunConfig(
        run,
        model,
        data,
        prompts,
        vision,
        training,
        optimizer,
        tuning,
        rlhf,
        custom,
        cluster,
        Optional.of(found));
  }

  /** The datasets it learns from, in the order in which their records are numbered. */
  public List<DatasetConfig> datasets() {
    return data.datasets(seed());
  }

  /** Demonstrations before samples, if there are some. */
  public Optional<TeacherStudentConfig> teacherStudent() {
    return custom.teacherStudent();
  }

  /** Names of the targets: those of a fusion, or the only dataset. */
  public Set<String> targets() {
    return data.fusion().map(FusionConfig::targets).orElseGet(this::datasets).stream()
        .map(DatasetConfig::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Names of the datasets whose tokens are told apart by kind in metrics. */
  public Set<String> byKind() {
    Set<String> targets = targets();
    return datasets().stream()
        .filter(
            dataset -> custom.tokenTypeMetrics().counts(dataset, targets.contains(dataset.name())))
        .map(DatasetConfig::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * In which order an epoch shows their records.
   *
   * @param sizes records of each dataset
   * @throws IllegalArgumentException if a dataset would never be drawn
   */
  public EpochOrder order(List<Long> sizes) {
    return data.fusion()
        .<EpochOrder>map(fusion -> fusion.order(sizes))
        .orElseGet(() -> new WholeDataset(sizes.getFirst(), seed()));
  }

  /** The reference of all keys, in Markdown. */
  public static String reference() {
    return ReferencePage.of(RunConfig.class, INTRODUCTION);
  }

  /** The JSON Schema of a recipe. */
  public static String schema() {
    return JsonSchema.of(RunConfig.class, "A recipe of Lockstep");
  }

  /** The configuration as YAML with defaults filled in and paths made absolute. */
  public String toYaml() {
    return ConfigWriter.yaml(this);
  }
}
