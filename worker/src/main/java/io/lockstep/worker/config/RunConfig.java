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
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.network.Computing;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.tensor.Dtype;
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
 * @param globalMaxLength most tokens of a sample, picture tokens included; present once defaults
 *     are filled in
 * @param model where the run starts from
 * @param template how conversations and pictures become tokens
 * @param training how long, in what portions and with what optimizer
 * @param tuner which parameters are trained
 * @param data what it learns from
 * @param custom what is done with that
 * @param prompts what the model is asked
 * @param vision how it sees pictures
 * @param rlhf a teacher that it learns from, if there is one
 * @param deepspeed what workers share out
 * @param cluster how it is spread over workers
 * @param inputs what its files held when it began; filled in by the run
 */
public record RunConfig(
    @Key(
            value =
                "Most tokens of a sample, picture tokens included; longer samples are replaced and reported. The one length there is, also as `template.max_length` or `model.max_model_len`.",
            min = 8)
        Optional<Integer> globalMaxLength,
    @Key("The model that the run starts from.") ModelSection model,
    @Key("How conversations and pictures become tokens.") TemplateConfig template,
    @Key("How long, in what portions and with what optimizer is trained.") TrainingConfig training,
    @Key("Which parameters are trained.") TunerConfig tuner,
    @Key("What is learned.") DataConfig data,
    @Key("What is done with records and pictures.") CustomConfig custom,
    @Key("What the model is asked.") PromptConfig prompts,
    @Key("How the model sees pictures.") VisionOptions vision,
    @Key("A teacher whose distributions are learned.") Optional<DistillationConfig> rlhf,
    @Key(
            value = "What of the training state workers share out; the weights are the same.",
            changesWeights = false)
        DeepspeedConfig deepspeed,
    @Key(
            "How the run is spread over workers, how many it wants, and what it does when some are lost.")
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
          training: {run_name: longer, max_steps: 2000}

      A recipe may name one file or several that it is laid over, by paths relative to its own folder. Each of them is laid over those named
      before it, and the recipe over all: mappings key by key, at any depth; lists and other values are replaced whole. A file brings along
      all that it extends itself, also where two files extend the same one: of `[a.yaml, b.yaml]`, what `b.yaml` extends lies over `a.yaml`.
      A circle is an error. `--base_config FILE` puts one more file below all others. Relative paths are relative to the folder of the file
      in which they stand, and problems name that file and its line.

      What a file below says can't be unset: a key without a value above one with a value is an error. Give another value, or move the key into
      a file of its own that only those name who want it. `augmentation` at the top and `custom.augmentation` are the same key.

      `lockstep config show --config FILE` prints what the files say together, and where each value stands. A run keeps it in `run.yaml`,
      without `extends`: whether a recipe is written in one file or in several is the same to a run that goes on. Chains have 16 files at most, and a
      file 1 MiB.
      """;

  /** Fills in what is left out and follows from other keys. */
  public RunConfig {
    globalMaxLength = globalMaxLength.or(template::maxLength).or(model::maxModelLen);
    tuner = tuner.withDefaults();
    training =
        training.with(
            training.optimizer().withDefaults(tuner.trainType() == TunerConfig.TrainType.LORA),
            training.gradientCheckpointing().orElse(deepspeed.sharesWeights()));
    cluster = cluster.withDefaults(training.globalBatchSize());
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
        RunConfig.class,
        yaml,
        new ConfigReader.Origin(source, folder, stored),
        FormerRecipe.VOCABULARY);
  }

  @Override
  public void check(Place top) {
    checkLength(top);
    tuner.check(top.at("tuner"), model);
    cluster.check(top.at("cluster"), training);
    if (deepspeed.sharesWeights() && !training.checkpoints()) {
      top.at("training", "gradient_checkpointing")
          .problem(
              "must be true with zero3, since a graph that is kept would hold the weights that it"
                  + " gives away");
    }
    if (custom.trainerVariant().isPresent() && rlhf.isEmpty()) {
      top.at("custom", "trainer_variant")
          .problem("gkd_monitor needs section rlhf: without a teacher there is nothing to monitor");
    }
    if (deepspeed.sharesWeights() && rlhf.filter(teacher -> teacher.lmbda() > 0).isPresent()) {
      top.at("rlhf", "lmbda")
          .problem(
              "is above 0 with zero3: a student writes answers with all of its weights, which no worker has then; set deepspeed to zero2, or lmbda to 0");
    }
    custom.visualKd().filter(VisualKdConfig::enabled).ifPresent(visual -> checkVisual(top, visual));
    if (rlhf.isPresent() && custom.teacherStudent().isPresent()) {
      top.at("custom", "teacher_student")
          .problem("and rlhf exclude each other: each says by itself what is minimised");
    }
    if (custom.detectionEnabled() && tuner.trainType() == TunerConfig.TrainType.LORA) {
      top.at("custom", "detection_enabled")
          .problem(
              "is true with tuner.train_type: lora, which stores updates of layers alone: write full, and freeze_llm, freeze_vit and freeze_aligner to learn the head on the model as it is");
    }
    checkTrained(top, tuner.trained());
    checkEvaluations(top.at("training"));
    optimizer().checkFloor(top.at("training"), tuner.trained());
  }

  private void checkVisual(Place top, VisualKdConfig visual) {
    Place section = top.at("custom", "visual_kd");
    if (rlhf.isEmpty()) {
      section.problem("needs section rlhf, whose teacher_model is what pictures are compared with");
    }
    visual.check(section, tuner);
  }

  /** What evaluations decide needs evaluations, and those need records. */
  private void checkEvaluations(Place section) {
    EvaluationConfig evaluation = training.evaluation();
    String records =
        data.fusion().isPresent()
            ? "name them with val_jsonl of a target of data.fusion"
            : "name them with data.val_jsonl";
    String on = "set training.eval_strategy: steps and training.eval_steps, and " + records;
    if (evaluation.hasOwnSteps() && !evaluation.isOff() && heldOut().isEmpty()) {
      section
          .at(evaluation.evalStrategy().isPresent() ? "eval_strategy" : "eval_steps")
          .problem("needs held-out records: " + records);
      return;
    }
    boolean best = training.saving().saveStrategy() == SavingConfig.Strategy.BEST;
    if (best && !(isEvaluated() && evaluation.hasOwnSteps())) {
      section
          .at("save_strategy")
          .problem("is best, which needs evaluations at steps of their own: " + on);
    }
    if (!isEvaluated()) {
      evaluation
          .needsEvaluations()
          .ifPresent(key -> section.at(key).problem("needs evaluations: " + on));
    } else if (evaluation.earlyStoppingPatience().isPresent() && evalEverySteps() == 0) {
      section
          .at("early_stopping_patience")
          .problem("needs evaluations on the way: set training.eval_steps");
    }
  }

  /** The targets that have held-out records; of sources nothing is evaluated. */
  public List<DatasetConfig> heldOut() {
    return data.fusion().map(FusionConfig::targets).orElseGet(this::onlyDataset).stream()
        .filter(dataset -> dataset.valJsonl().isPresent())
        .toList();
  }

  private List<DatasetConfig> onlyDataset() {
    return data.trainJsonl().isPresent() && data.template().isPresent() ? datasets() : List.of();
  }

  /** Whether the run is evaluated on held-out records. */
  public boolean isEvaluated() {
    return !training.evaluation().isOff() && !heldOut().isEmpty();
  }

  /** Steps between evaluations of an evaluated run; 0 for one at the end alone. */
  public long evalEverySteps() {
    return training.evaluation().hasOwnSteps()
        ? training.evaluation().evalSteps().orElse((long) training.loggingSteps())
        : training.saving().everySteps();
  }

  /**
   * Steps of an evaluated run before which there is no evaluation, for a dataset of that many
   * samples: those of checkpoints, where evaluations come with them.
   */
  public long evalDelaySteps(long samples) {
    return training.evaluation().hasOwnSteps() ? 0 : saveDelaySteps(samples);
  }

  private void checkTrained(Place top, Set<ParameterSpec.Module> trained) {
    if (custom.detectionEnabled() ? optimizer().detectionLr() > 0 : trained.isEmpty()) {
      if (!custom.detectionEnabled() && tuner.modulesToSave().isEmpty()) {
        top.at("tuner", "freeze_llm")
            .problem(
                "and the other parts are all frozen, and no modules_to_save are named: nothing would"
                    + " be trained");
      }
    } else if (trained.stream().allMatch(part -> optimizer().peakLr(part) == 0)) {
      top.at("training", "learning_rate")
          .problem("is 0 for every part of the model that isn't frozen: nothing would be trained");
    }
  }

  private void checkLength(Place top) {
    if (globalMaxLength.isEmpty()) {
      top.at("global_max_length").problem("is missing: it must be a whole number");
      return;
    }
    int length = globalMaxLength.get();
    for (Place also : List.of(top.at("template", "max_length"), top.at("model", "max_model_len"))) {
      Optional<Integer> same =
          also.path().startsWith("template") ? template.maxLength() : model.maxModelLen();
      if (same.isPresent() && same.get() != length) {
        also.problem(
            "is %d, but global_max_length is %d: there is one length; remove one of them"
                .formatted(same.get(), length));
      }
    }
  }

  /** Most tokens of a sample, picture tokens included. */
  public int maxLength() {
    return globalMaxLength.orElseThrow();
  }

  /** How a step's samples are cut up. */
  public BatchPlan batches() {
    return BatchPlan.of(
        training.perDeviceTrainBatchSize(),
        training.accumulationSteps(),
        cluster.virtualRanks().orElseThrow());
  }

  /** The type of activations and matrix products. */
  public Dtype computeType() {
    return training.bf16() ? Dtype.BFLOAT16 : model.torchDtype().dtype();
  }

  /** How models are computed. */
  public Computing computing() {
    return new Computing(computeType(), model.attnImpl());
  }

  /** How weights are updated. */
  public OptimizerConfig optimizer() {
    return training.optimizer();
  }

  /** Steps before which no checkpoint is written, for a dataset of that many samples. */
  public long saveDelaySteps(long samples) {
    return custom.saveDelayEpochs() == 0
        ? custom.saveDelaySteps()
        : training.stepsOfEpochs(samples, (double) custom.saveDelayEpochs());
  }

  /** Name for people. */
  public String name() {
    return training.runName();
  }

  /** Source of all randomness. */
  public long seed() {
    return training.seed();
  }

  /** The run's folder, if it is known yet. */
  public Optional<Path> outputDir() {
    return training.outputDir();
  }

  /** The same configuration with the run's folder set. */
  public RunConfig withOutputDir(Path dir) {
    return with(training.withOutputDir(dir.toAbsolutePath().normalize()), inputs);
  }

  /** The same configuration with what its files hold. */
  public RunConfig withInputs(RunInputs found) {
    return with(training, Optional.of(found));
  }

  private RunConfig with(TrainingConfig other, Optional<RunInputs> found) {
    return new RunConfig(
        globalMaxLength,
        model,
        template,
        other,
        tuner,
        data,
        custom,
        prompts,
        vision,
        rlhf,
        deepspeed,
        cluster,
        found);
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
