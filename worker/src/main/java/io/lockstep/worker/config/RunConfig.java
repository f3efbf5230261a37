package io.lockstep.worker.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.lockstep.config.ConfigException;
import io.lockstep.config.YamlText;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.plan.EpochOrder;
import io.lockstep.data.plan.WholeDataset;
import io.lockstep.data.prompt.Domain;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.data.prompt.Prompts;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.budget.TokenBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything that decides a run's weights. Two runs of equal configuration, data and base model
 * give equal weights on any number of workers.
 *
 * @param name name for people
 * @param seed source of all randomness
 * @param outputDir the run's folder, if it is known yet
 * @param model where the run starts from
 * @param data what it learns from
 * @param prompts what the model is asked
 * @param vision how it sees pictures
 * @param training how long and in what portions
 * @param optimizer how it is updated
 * @param tuning which of its parameters are
 * @param cluster how many workers it wants, and what it does when some are lost
 * @param inputs what its files held when it began; filled in by the run
 */
public record RunConfig(
    String name,
    long seed,
    Optional<Path> outputDir,
    ModelSource model,
    DataConfig data,
    PromptConfig prompts,
    VisionOptions vision,
    TrainingConfig training,
    OptimizerConfig optimizer,
    TuningConfig tuning,
    ClusterConfig cluster,
    Optional<RunInputs> inputs) {

  /**
   * The model a run starts from.
   *
   * @param path folder of a checkpoint in the public layout
   * @param weights whether its weights are loaded or drawn anew from the run's seed
   * @param adapter folder of an adapter that training goes on with
   */
  public record ModelSource(Path path, Weights weights, Optional<Path> adapter) {

    /** A model without an adapter. */
    public ModelSource(Path path, Weights weights) {
      this(path, weights, Optional.empty());
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
   * What the model is asked; see the data contract.
   *
   * @param profile {@code summary_train_min} or {@code summary_runtime}
   * @param domain {@code bbu} or {@code rru}, needed by {@code summary_runtime}
   * @param domainText replaces the text of the domain
   * @param system replaces the composed system text
   * @param user replaces the composed user text
   */
  public record PromptConfig(
      String profile,
      Optional<String> domain,
      Optional<String> domainText,
      Optional<String> system,
      Optional<String> user) {

    static PromptConfig read(Section section) {
      PromptConfig prompts =
          new PromptConfig(
              section.string("profile", Profile.SUMMARY_TRAIN_MIN.label()),
              section.optionalString("domain"),
              section.optionalString("domain_text"),
              section.optionalString("system"),
              section.optionalString("user"));
      try {
        var _ = prompts.prompts();
      } catch (IllegalArgumentException e) {
        section.add(String.valueOf(e.getMessage()));
      }
      section.finish();
      return prompts;
    }

    /**
     * The prompts it describes.
     *
     * @throws IllegalArgumentException if they can't be; the message begins with the key
     */
    public Prompts prompts() {
      if (domainText.isPresent() && domain.isEmpty()) {
        throw new IllegalArgumentException(
            "prompts.domain_text needs prompts.domain, whose text it replaces: set it to bbu or rru");
      }
      return new Prompts(
          Profile.of(profile),
          domain.map(Domain::of).map(known -> domainText.map(known::told).orElse(known)),
          PromptTexts.NONE,
          new PromptTexts(system, user));
    }
  }

  /**
   * How the model sees pictures.
   *
   * @param tokenBudget share of a picture's vision tokens that is kept; if it is absent, the one
   *     the starting model was trained with
   */
  public record VisionOptions(Optional<TokenBudget> tokenBudget) {}

  /** Reads a file; relative paths in it are relative to its folder. */
  public static RunConfig read(Path file) throws IOException, ConfigException {
    return parse(YamlText.of(file), file.toString(), file.toAbsolutePath().resolveSibling(""));
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
    JsonNode tree = YamlText.parse(yaml, source);
    List<String> problems = new ArrayList<>();
    RunConfig config = read(new Section("", tree, problems, stored), folder);
    if (!problems.isEmpty()) {
      throw new ConfigException(source, problems);
    }
    return config;
  }

  private static RunConfig read(Section root, Path folder) {
    RemovedOptions.refuse(root);
    Section run = root.section("run");
    String name = run.string("name", "run");
    long seed = run.longInteger("seed", null, Long.MIN_VALUE, Long.MAX_VALUE);
    Optional<Path> outputDir = run.optionalString("output_dir").map(folder::resolve);
    run.finish();
    ModelSource model = model(root.section("model"), folder);
    TrainingConfig training = TrainingConfig.read(root.section("training"));
    RunConfig config =
        new RunConfig(
            name,
            seed,
            outputDir,
            model,
            DataConfig.read(root, folder, seed),
            PromptConfig.read(root.section("prompts")),
            vision(root.section("vision")),
            training,
            OptimizerConfig.read(root.section("optimizer")),
            TuningConfig.read(root.section("tuning"), model),
            ClusterConfig.read(root.section("cluster"), training),
            root.has("inputs")
                ? Optional.of(RunInputs.read(root.section("inputs")))
                : Optional.empty());
    Section custom = root.section("custom");
    RemovedOptions.refuse(custom);
    custom.finish();
    if (!config.tuning.trained().isEmpty()
        && config.tuning.trained().stream().allMatch(part -> config.optimizer.peakLr(part) == 0)) {
      root.problem(
          "optimizer.learning_rate",
          "is 0 for every part of the model that isn't frozen: nothing would be trained");
    }
    root.finish();
    return config;
  }

  private static ModelSource model(Section section, Path folder) {
    ModelSource source =
        new ModelSource(
            existing(section, "path", folder),
            section.choice("weights", Weights.LOAD, Weights.class),
            section.has("adapter")
                ? Optional.of(existing(section, "adapter", folder))
                : Optional.empty());
    if (AdapterConfig.isIn(source.path())) {
      section.problem(
          "path",
          "names "
              + source.path()
              + ", which holds an adapter: name its base model's folder here, and the adapter's in"
              + " model.adapter");
    }
    section.finish();
    return source;
  }

  private static VisionOptions vision(Section section) {
    Optional<Double> share = section.optionalNumber("token_budget", 0, 1);
    if (share.filter(value -> value == 0).isPresent()) {
      section.problem("token_budget", "must be more than 0: a picture keeps at least one token");
      share = Optional.empty();
    }
    section.finish();
    return new VisionOptions(share.map(TokenBudget::new));
  }

  static Path existing(Section section, String key, Path folder) {
    Path path = folder.resolve(section.string(key, null)).normalize();
    if (!section.isStored() && !Files.exists(path)) {
      section.problem(key, "names " + path + ", which does not exist");
    }
    return path;
  }

  /** The same configuration with the run's folder set. */
  public RunConfig withOutputDir(Path dir) {
    return new RunConfig(
        name,
        seed,
        Optional.of(dir.toAbsolutePath().normalize()),
        model,
        data,
        prompts,
        vision,
        training,
        optimizer,
        tuning,
        cluster,
        inputs);
  }

  /** The same configuration with what its files hold. */
  public RunConfig withInputs(RunInputs found) {
    return new RunConfig(
        name,
        seed,
        outputDir,
        model,
        data,
        prompts,
        vision,
        training,
        optimizer,
        tuning,
        cluster,
        Optional.of(found));
  }

  /** The datasets it learns from, in the order in which their records are numbered. */
  public List<DatasetConfig> datasets() {
    return data.datasets(seed);
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
        .orElseGet(() -> new WholeDataset(sizes.getFirst(), seed));
  }

  /** The configuration as YAML with defaults filled in and paths made absolute. */
  public String toYaml() {
    return RunConfigYaml.write(this);
  }
}
