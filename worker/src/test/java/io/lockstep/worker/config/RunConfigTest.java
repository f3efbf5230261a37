package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.preprocess.DropSmall;
import io.lockstep.data.preprocess.KeepClasses;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.Beginning;
import io.lockstep.model.adapter.Targets;
import io.lockstep.tensor.Attention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A recipe as a whole. */
class RunConfigTest extends RecipeFixture {

  @Test
  void everyKeyIsRead() throws Exception {
    RunConfig expected =
        new RunConfig(
            Optional.of(1024),
            new ModelSection(
                folder.resolve("base"),
                ModelSection.Weights.INITIALISE,
                Attention.Implementation.FLASH_ATTENTION_2,
                ModelSection.ComputeType.FLOAT32,
                Optional.of(1024)),
            new TemplateConfig(
                Optional.of("qwen3_vl"),
                Optional.of(1024),
                TemplateConfig.Truncation.RAISE,
                Optional.of(1024),
                Optional.of(4096)),
            new TrainingConfig(
                "shelves",
                -3,
                Optional.of(folder.resolve("out/run-1")),
                0,
                2.5,
                1,
                Optional.of(12),
                new OptimizerConfig(
                    Optional.of(1e-3),
                    Optional.of(0.0),
                    Optional.of(5e-4),
                    2e-3,
                    Optional.of(OptimizerConfig.Groups.MULTIMODAL),
                    0.8,
                    0.98,
                    1e-6,
                    0.2,
                    true,
                    0.2,
                    LearningRateSchedule.COSINE_WARMUP_WITH_MIN_LR,
                    new OptimizerConfig.SchedulerFloor(Optional.empty(), Optional.of(0.01))),
                0.5,
                4,
                false,
                Optional.of(true),
                false,
                false,
                true,
                0.001,
                new SavingConfig(SavingConfig.Strategy.STEPS, 20, 3, 1),
                new EvaluationConfig(
                    Optional.of(EvaluationConfig.Strategy.STEPS),
                    Optional.of(10L),
                    Optional.of(EvaluationConfig.BestMetric.EVAL_TOKEN_ACCURACY),
                    Optional.of(true),
                    Optional.of(3),
                    0.01),
                7),
            tunerOfAllParts(),
            new DataConfig(
                Optional.of(folder.resolve("train.jsonl")),
                Optional.of(folder.resolve("val.jsonl")),
                Optional.of(DatasetTemplate.MIXED),
                0.25,
                List.of(new KeepClasses(List.of("标签", "光纤")), new DropSmall(4)),
                Optional.empty(),
                16,
                Optional.of(3),
                true,
                96,
                Optional.of(7)),
            new CustomConfig(
                Optional.of(augmentation()),
                EmitNorm.NORM100,
                Optional.of(100),
                0,
                2,
                Optional.empty(),
                parse(LEAST).custom().tokenTypeMetrics(),
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty()),
            new PromptConfig(
                Profile.SUMMARY_RUNTIME,
                Optional.of("bbu"),
                Optional.of("Cabinets, indoors."),
                new PromptTexts(
                    Optional.of("You describe pictures."), Optional.of("Describe: all objects"))),
            new RunConfig.VisionOptions(Optional.of(0.5)),
            Optional.empty(),
            new DeepspeedConfig(true, 3),
            new ClusterConfig(
                Optional.of(6),
                2048,
                2,
                Optional.of(5),
                Duration.ofMillis(2500),
                Duration.ofSeconds(20),
                Duration.ofMillis(200),
                Duration.ofMillis(900),
                ClusterConfig.Resilience.CHECKPOINT,
                ClusterConfig.Transport.NCCL,
                ClusterConfig.Reduction.NATIVE),
            Optional.of(
                new RunInputs(
                    3,
                    "a".repeat(64),
                    Optional.empty(),
                    Optional.of("b".repeat(64)),
                    Optional.empty(),
                    Optional.empty())));
    assertEquals(expected, parse(FULL));
  }

  private static TunerConfig tunerOfAllParts() {
    return new TunerConfig(
        TunerConfig.TrainType.FULL,
        false,
        false,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        usualOptions());
  }

  private static AdapterOptions usualOptions() {
    return new AdapterOptions(
        new LinkedHashMap<>(),
        new LinkedHashMap<>(),
        List.of(),
        Optional.empty(),
        Beginning.unchanged(),
        AdapterConfig.Biases.NONE);
  }

  @Test
  void whatIsLeftOutHasDefaults() throws Exception {
    RunConfig config = parse(LEAST.replaceAll("training: .*\n", ""));
    assertEquals("run", config.name());
    assertEquals(42, config.seed());
    assertEquals(Optional.empty(), config.outputDir());
    assertEquals(
        new ModelSection(
            folder.resolve("base"),
            ModelSection.Weights.LOAD,
            Attention.Implementation.SDPA,
            ModelSection.ComputeType.FLOAT32,
            Optional.empty()),
        config.model());
    assertEquals(Profile.SUMMARY_TRAIN_MIN, config.prompts().profile());
    assertEquals(Optional.empty(), config.vision().tokenBudget());
    assertEquals(EmitNorm.NORM1000, config.custom().emitNorm());
    assertEquals(new DeepspeedConfig(true, 2), config.deepspeed());
    assertEquals(
        new ClusterConfig(
            Optional.of(4),
            1 << 18,
            1,
            Optional.of(4),
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofSeconds(15),
            ClusterConfig.Resilience.BUDDY,
            ClusterConfig.Transport.AUTO,
            ClusterConfig.Reduction.ORDERED),
        config.cluster());
    assertEquals(
        new TrainingConfig(
            "run",
            42,
            Optional.empty(),
            0,
            3,
            1,
            Optional.of(16),
            usual(1e-4),
            1.0,
            0,
            true,
            Optional.of(false),
            false,
            false,
            false,
            0,
            new SavingConfig(SavingConfig.Strategy.STEPS, 500, 0, 0),
            EvaluationConfig.DEFAULT,
            5),
        config.training());
    assertEquals(
        new TunerConfig(
            TunerConfig.TrainType.LORA,
            false,
            true,
            true,
            Optional.empty(),
            Optional.of(8),
            Optional.of(32.0),
            Optional.of(0.05),
            Optional.of(false),
            Optional.of(false),
            Optional.of(new Targets.AllLinear()),
            Optional.empty(),
            List.of(),
            List.of(),
            usualOptions()),
        config.tuner());
    assertEquals(
        usual(1e-5),
        parse(LEAST.replaceAll("training: .*\n", "tuner: {train_type: full}\n")).optimizer());
  }

  /** What a recipe that says nothing of the optimizer has, with a learning rate. */
  private static OptimizerConfig usual(double rate) {
    return new OptimizerConfig(
        Optional.of(rate),
        Optional.of(rate),
        Optional.of(rate),
        1e-3,
        Optional.empty(),
        0.9,
        0.95,
        1e-8,
        0.1,
        false,
        0,
        LearningRateSchedule.COSINE,
        OptimizerConfig.SchedulerFloor.NONE);
  }

  @Test
  void thereIsOneLengthUnderThreeNames() throws Exception {
    String without = LEAST.replace("global_max_length: 512\n", "");
    for (String recipe :
        List.of(
            LEAST,
            without + "template: {max_length: 512}\n",
            without.replace("{model: base}", "{model: base, max_model_len: 512}"),
            LEAST.replace("{model: base}", "{model: base, max_model_len: 512}")
                + "template: {max_length: 512}\n")) {
      assertEquals(512, parse(recipe).maxLength());
    }
    assertProblem(problems(without), "global_max_length is missing: it must be a whole number");
    assertProblem(
        problems(LEAST + "template: {max_length: 100}\n"),
        "template.max_length is 100, but global_max_length is 512: there is one length");
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, max_model_len: 9}")),
        "model.max_model_len is 9, but global_max_length is 512");
  }

  @Test
  void pathsAreRelativeToTheFile() throws Exception {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, FULL);
    assertEquals(parse(FULL), RunConfig.read(file));
  }

  @Test
  void writtenYamlReadsBackEqual() throws Exception {
    RunConfig full = parse(FULL);
    assertEquals(full, RunConfig.parse(full.toYaml(), "copy", Path.of("/")));
    RunConfig least = parse(LEAST).withOutputDir(folder.resolve("x"));
    assertEquals(least, RunConfig.parse(least.toYaml(), "copy", Path.of("/")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1.5", "half", "-0.1"})
  void aTokenBudgetOutOfRangeIsAProblem(String budget) {
    ConfigException error =
        assertThrows(
            ConfigException.class, () -> parse(LEAST + "vision: {token_budget: " + budget + "}"));
    assertTrue(String.valueOf(error.getMessage()).contains("vision.token_budget must be"));
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    String broken =
        """
        global_max_length: 4
        model: {model: nowhere, weights: lode}
        data: {train_jsonl: missing.jsonl, template: target_sumary, dense_ratio: 2, preprocessors: [keep_clases]}
        training: {seed: seven, max_steps: 1.5, per_device_train_batch_size: 6, gradient_accumulation_steps: 1, save_step: 3, learning_rate: fast, decay_vectors: 1}
        cluster: {virtual_ranks: 4}
        trainng: {learning_rate: 1}
        """;
    List<String> problems = problems(broken);
    assertProblem(problems, "training.seed must be a whole number, not \"seven\"");
    assertProblem(problems, "model.model names " + folder.resolve("nowhere"));
    assertProblem(problems, "model.weights must be one of load, initialise, not 'lode': did you");
    assertProblem(problems, "data.train_jsonl names " + folder.resolve("missing.jsonl"));
    assertProblem(problems, "not 'target_sumary': did you mean 'target_summary'?");
    assertProblem(problems, "data.dense_ratio must be between 0 and 1, not 2");
    assertProblem(
        problems,
        "data.preprocessors[0]: unknown preprocessor 'keep_clases': did you mean 'keep_classes'?");
    assertProblem(problems, "training.max_steps must be a whole number, not 1.5");
    assertProblem(problems, "cluster.virtual_ranks (4) must divide the samples of a step");
    assertProblem(problems, "global_max_length must be between 8 and");
    assertProblem(problems, "unknown key training.save_step: did you mean 'save_steps'?");
    assertProblem(problems, "training.learning_rate must be a number, not \"fast\"");
    assertProblem(problems, "training.decay_vectors must be true or false, not 1");
    assertProblem(problems, "unknown key trainng: did you mean 'training'?");
  }

  @Test
  void missingKeysAreNamed() {
    List<String> problems = problems("training: {run_name: x}");
    for (String key :
        List.of("global_max_length", "model.model", "data.train_jsonl", "data.template")) {
      assertProblem(problems, key + " is missing");
    }
    assertTrue(
        problems.stream().noneMatch(problem -> problem.contains("names")), problems.toString());
  }

  @Test
  void sectionsMustBeMappings() {
    assertProblem(
        problems(LEAST.replaceAll("training: .*", "training: [7]")), "training must be a mapping");
    assertProblem(problems("- a list"), "must be a mapping of keys to values");
    assertProblem(problems(""), "model.model is missing");
  }

  @Test
  void removedOptionsAreRejectedWithTheReason() {
    String packed = LEAST.replace("max_steps: 10,", "max_steps: 10, packing: false,");
    assertProblem(
        problems(packed), "training.packing does not exist: samples of a micro-batch are padded");
    String knob = LEAST.replace("max_steps: 10,", "max_steps: 10, packing_length: {a: 1},");
    assertProblem(problems(knob), "training.packing_length does not exist");
    for (String name : List.of("eval_packing", "packing_buffer", "cached_packing_dir")) {
      assertProblem(
          problems(LEAST.replace("max_steps: 10,", "max_steps: 10, " + name + ": 1,")),
          "training." + name + " does not exist");
    }
    assertProblem(problems(LEAST + "packing: true"), "packing does not exist");
    assertProblem(
        problems(LEAST.replace("max_steps: 10,", "max_steps: 10, model_max_length: 9,")),
        "training.model_max_length does not exist: global_max_length is the one length option");
    assertProblem(
        problems(LEAST + "custom: {hard_sample_mining: {enabled: true}}"),
        "custom.hard_sample_mining does not exist: the order of samples is fixed");
    assertProblem(
        problems(LEAST + "vision: {token_selecting: adaptive}\n"),
        "vision.token_selecting does not exist: vision tokens are kept by the contrast");
    assertProblem(
        problems(LEAST + "vision: {latency: 0.5}\n"),
        "vision.latency does not exist: there is no token that asks for a budget");
    assertEquals(1, problems(packed).size());
  }

  @Test
  void numbersThatDoNotFitAreProblems() {
    assertProblem(
        problems(LEAST.replace("max_steps: 10,", "max_steps: 99999999999999999999,")),
        "training.max_steps");
    assertProblem(problems(LEAST.replace("1.0e-4", "-1")), "training.learning_rate must be");
  }

  @Test
  void whatIsNotYamlIsAnErrorWithFileAndLine() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "training:\n  seed: 1\n  run_name: [unclosed\nmodel: x\n");
    ConfigException error = assertThrows(ConfigException.class, () -> RunConfig.read(file));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.startsWith(file + ":3: the '[' that opens here"), message);
  }

  @Test
  void aKeyGivenTwiceIsAnError() {
    ConfigException error =
        assertThrows(ConfigException.class, () -> parse(LEAST + "training: {seed: 8}\n"));
    assertTrue(String.valueOf(error.getMessage()).contains("training"), error.getMessage());
  }
}
