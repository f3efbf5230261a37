package io.lockstep.worker.config;

import static io.lockstep.worker.config.TrainingConfig.Truncation.RAISE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.affine.HFlip;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.preprocess.DropSmall;
import io.lockstep.data.preprocess.KeepClasses;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.model.parameter.ParameterSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunConfigTest {

  private static final String LEAST =
      """
      run: {seed: 7}
      model: {path: base}
      data: {train_jsonl: train.jsonl, template: target_summary}
      training: {max_steps: 10, global_batch_size: 8, global_max_length: 512}
      optimizer: {learning_rate: 1.0e-4}
      """;

  private static final String FULL =
      """
        run:
          name: shelves
          seed: -3
          output_dir: out/run-1
        model:
          path: base
          weights: initialise
        data:
          train_jsonl: train.jsonl
          val_jsonl: val.jsonl
          val_records: 16
          template: mixed
          dense_ratio: 0.25
          preprocessors:
            - keep_classes: {classes: [标签, 光纤]}
            - drop_small
          patch_bank_mib: 96
          max_unreadable: 7
          augmentation: {bypass_prob: 0.5, operators: [{hflip: {p: 0.25}}]}
        prompts:
          profile: summary_runtime
          domain: bbu
          domain_text: Cabinets, indoors.
          system: You describe pictures.
          user: "Describe: all objects"
        vision:
          token_budget: 0.5
        training:
          epochs: 3
          global_batch_size: 12
          virtual_ranks: 6
          global_max_length: 1024
          group_by_length: false
          truncation_strategy: raise
          max_grad_norm: 0.5
          save_steps: 20
          save_delay_epochs: 2
          keep_last: 3
          keep_best: 1
          logging_steps: 5
          bucket_floats: 2048
          gradient_checkpointing: true
          gradient_accumulation: 2
        optimizer:
          learning_rate: 1.0e-3
          vit_learning_rate: 0
          aligner_learning_rate: 5.0e-4
          detection_learning_rate: 2.0e-3
          beta1: 0.8
          beta2: 0.95
          epsilon: 1.0e-6
          weight_decay: 0.1
          decay_vectors: true
          warmup_ratio: 0.2
          floor_ratio: 0.01
        cluster:
          min_workers: 2
          max_workers: 5
          grace_seconds: 2.5
          reconnect_seconds: 20
          heartbeat_millis: 200
          timeout_millis: 900
          resilience: checkpoint
          zero_stage: 3
        inputs:
          data_bytes: 3
          data_sha256: AAAA
          adapter_sha256: BBBB
      """
          .replace("AAAA", "a".repeat(64))
          .replace("BBBB", "b".repeat(64));

  @TempDir Path folder;

  @BeforeEach
  void prepareFiles() throws IOException {
    Files.createDirectory(folder.resolve("base"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    Files.writeString(folder.resolve("val.jsonl"), "{}\n");
  }

  @Test
  void checkpointsThatStayAndDelaysThatExcludeEachOther() throws Exception {
    RunConfig config = parse(FULL);
    assertEquals(6, config.training().saveDelaySteps(33));
    List<String> problems =
        problems(
            FULL.replace("keep_last: 3", "keep_last: 0")
                .replaceAll("( *)(save_delay)_epochs: 2", "$0\n$1$2_steps: 1"));
    assertProblem(problems, "training.keep_best has no effect while training.keep_last is 0");
    assertProblem(
        problems, "training.save_delay_steps and training.save_delay_epochs exclude each other");
  }

  private static AugmentationConfig augmentation() {
    return new AugmentationConfig(
        0.5, List.of(new ConfiguredOperator(0.25, new HFlip())), Optional.empty());
  }

  @Test
  void augmentationIsReadFromAFileOrFromEitherOfTwoKeys() throws Exception {
    String inline = "augmentation: {bypass_prob: 0.5, operators: [{hflip: {p: 0.25}}]}";
    Files.writeString(folder.resolve("augment.yaml"), inline);
    List<String> recipes =
        List.of(
            FULL.replace(inline, "augmentation: augment.yaml"),
            FULL.replace("  " + inline, "") + "  " + inline + "\n");

    for (String recipe : recipes) {
      RunConfig config = RunConfig.parse(recipe, "test", folder);
      assertEquals(Optional.of(augmentation()), config.data().augmentation());
      assertEquals(config, RunConfig.parseStored(config.toYaml(), "stored"));
    }
  }

  @Test
  void problemsOfAnAugmentationFileNameTheFile() throws Exception {
    Path file = folder.resolve("augment.yaml");
    Files.writeString(file, "augmentation: {operators: [{hflop: {}}, {rotate: {p: 2}}]}");
    String recipe = FULL.replaceAll("augmentation: .*", "augmentation: augment.yaml");
    List<String> problems = problems(recipe + "  augmentation: {operators: [hflip]}\n");
    assertProblem(problems, "data.augmentation and augmentation exclude each other");
    problems = problems(recipe);
    assertProblem(
        problems, "(" + file + ").operators[0]: unknown operator 'hflop': did you mean 'hflip'?");
    assertProblem(problems, "(" + file + ").operators[1].rotate.p must be between 0 and 1, not 2");
    assertProblem(
        problems(FULL.replaceAll("augmentation: .*", "augmentation: nowhere.yaml")),
        "data.augmentation names " + folder.resolve("nowhere.yaml") + ", which does not exist");
  }

  @Test
  void aPatchBankWithoutRoomIsRefused() {
    for (String room : List.of("0", "1048577")) {
      assertProblem(
          problems(FULL.replace("patch_bank_mib: 96", "patch_bank_mib: " + room)),
          "data.patch_bank_mib must be between 1 and 1048576, not " + room);
    }
  }

  @Test
  void textsThatNoFileCanHoldAreRefused() {
    assertProblem(
        problems(LEAST + "prompts: {system: \"half \\ud83d of it\"}\n"),
        "prompts.system holds half of a character (surrogate U+D83D) at character 6");
  }

  @Test
  void everyKeyIsRead() throws Exception {
    RunConfig expected =
        new RunConfig(
            new RunConfig.Run("shelves", -3, Optional.of(folder.resolve("out/run-1"))),
            new RunConfig.ModelSource(
                folder.resolve("base"), RunConfig.Weights.INITIALISE, Optional.empty()),
            new DataConfig(
                Optional.of(folder.resolve("train.jsonl")),
                Optional.of(folder.resolve("val.jsonl")),
                Optional.of(DatasetTemplate.MIXED),
                0.25,
                List.of(new KeepClasses(List.of("标签", "光纤")), new DropSmall(4)),
                Optional.empty(),
                Optional.of(augmentation()),
                16,
                Optional.empty(),
                96,
                Optional.of(7)),
            new PromptConfig(
                Profile.SUMMARY_RUNTIME,
                Optional.of("bbu"),
                Optional.of("Cabinets, indoors."),
                new PromptTexts(
                    Optional.of("You describe pictures."), Optional.of("Describe: all objects"))),
            new RunConfig.VisionOptions(Optional.of(0.5)),
            new TrainingConfig(
                0, 3, 12, 6, 1024, false, RAISE, 0.5, 20, 0, 2, 3, 1, 5, 2048, true, 2, 0),
            new OptimizerConfig(1e-3, 0, 5e-4, 2e-3, 0.8, 0.95, 1e-6, 0.1, true, 0.2, 0.01),
            parse(LEAST).tuning(),
            Optional.empty(),
            parse(LEAST).custom(),
            new ClusterConfig(
                2,
                5,
                Duration.ofMillis(2500),
                Duration.ofSeconds(20),
                Duration.ofMillis(200),
                Duration.ofMillis(900),
                ClusterConfig.Resilience.CHECKPOINT,
                3),
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

  @Test
  void demonstrationsHaveTheUsersWeightsUnlessARecipeSaysOtherwise() throws Exception {
    String pool = "pool_jsonl: train.jsonl, teacher_ratio: 0.5";
    assertEquals(Optional.empty(), parse(LEAST).teacherStudent());
    RunConfig config = parse(LEAST + "custom: {teacher_student: {" + pool + "}}\n");
    assertEquals(
        Optional.of(new TeacherStudentConfig(folder.resolve("train.jsonl"), 0.5, 1, 0.3, 1.0)),
        config.teacherStudent());
    assertEquals(config, RunConfig.parse(config.toYaml(), "copy", Path.of("/")));
    assertProblem(
        problems(LEAST + "custom: {teacher_student: {" + pool + ", student_loss_weight: 0}}\n"),
        "custom.teacher_student.student_loss_weight must be");
    assertProblem(
        problems(
            LEAST
                + "custom: {teacher_student: {"
                + pool
                + "}}\nrlhf: {rlhf_type: gkd, teacher_model: base}\n"),
        "custom.teacher_student and rlhf exclude each other");
  }

  @Test
  void kindsOfTokensAreToldApartForIncludedDatasets() throws Exception {
    assertEquals(Set.of(), parse(LEAST).byKind());
    TokenTypeMetrics defaults = parse(LEAST).custom().tokenTypeMetrics();
    assertEquals(
        new TokenTypeMetrics(false, List.of("target", "lvis"), List.of("coig_lang_chat")),
        defaults);
    String enabled = "custom: {token_type_metrics: {enabled: true%s}}\n";
    assertEquals(Set.of("train"), parse(LEAST + enabled.formatted("")).byKind());
    assertEquals(Set.of(), parse(LEAST + enabled.formatted(", include: [lvis, source]")).byKind());
    assertEquals(Set.of(), parse(LEAST + enabled.formatted(", exclude: [train]")).byKind());
    DatasetConfig only = parse(LEAST).datasets().getFirst();
    TokenTypeMetrics all = new TokenTypeMetrics(true, List.of("source", "train"), List.of());
    assertTrue(all.counts(only, true) && all.counts(only, false));
    TokenTypeMetrics sources = new TokenTypeMetrics(true, List.of("source"), List.of());
    assertTrue(sources.counts(only, false));
    assertFalse(sources.counts(only, true));
  }

  @Test
  void whatIsLeftOutHasDefaults() throws Exception {
    RunConfig config = parse(LEAST);
    assertEquals("run", config.name());
    assertEquals(Optional.empty(), config.outputDir());
    assertEquals(RunConfig.Weights.LOAD, config.model().weights());
    assertEquals(Profile.SUMMARY_TRAIN_MIN, config.prompts().profile());
    assertEquals(Optional.empty(), config.vision().tokenBudget());
    assertEquals(
        new ClusterConfig(
            1,
            4,
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofMillis(100),
            Duration.ofSeconds(15),
            ClusterConfig.Resilience.BUDDY,
            2),
        config.cluster());
    assertEquals(
        new TrainingConfig(
            10, 0, 8, 4, 512, true, RAISE, 1.0, 0, 0, 0, 0, 0, 1, 1 << 18, false, 1, 0),
        config.training());
    assertEquals(
        new OptimizerConfig(1e-4, 1e-4, 1e-4, 1e-3, 0.9, 0.999, 1e-8, 0, false, 0.05, 0.1),
        config.optimizer());
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

  @Test
  void wordsThatYamlTakesForSomethingElseSurviveTheRoundTrip() throws Exception {
    RunConfig config =
        parse(LEAST + "prompts: {system: \"yes: no # really\\n- 中文 'quoted'\", user: \"012\"}");
    assertEquals(config, RunConfig.parse(config.toYaml(), "copy", Path.of("/")));
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
        run: {seed: seven}
        model: {path: nowhere, weights: lode}
        data: {train_jsonl: missing.jsonl, template: target_sumary, dense_ratio: 2, preprocessors: [keep_clases]}
        training: {max_steps: 1.5, global_batch_size: 6, global_max_length: 4, save_step: 3}
        optimiser: {learning_rate: 1}
        optimizer: {learning_rate: fast, decay_vectors: 1}
        """;
    List<String> problems = problems(broken);
    assertProblem(problems, "run.seed must be a whole number, not \"seven\"");
    assertProblem(problems, "model.path names " + folder.resolve("nowhere"));
    assertProblem(problems, "model.weights must be one of load, initialise, not 'lode': did you");
    assertProblem(problems, "data.train_jsonl names " + folder.resolve("missing.jsonl"));
    assertProblem(problems, "not 'target_sumary': did you mean 'target_summary'?");
    assertProblem(problems, "data.dense_ratio must be between 0 and 1, not 2");
    assertProblem(
        problems,
        "data.preprocessors[0]: unknown preprocessor 'keep_clases': did you mean 'keep_classes'?");
    assertProblem(problems, "training.max_steps must be a whole number, not 1.5");
    assertProblem(problems, "training.global_batch_size (6) must be a multiple of");
    assertProblem(problems, "training.global_max_length must be between 8 and");
    assertProblem(problems, "unknown key training.save_step: did you mean 'save_steps'?");
    assertProblem(problems, "optimizer.learning_rate must be a number, not \"fast\"");
    assertProblem(problems, "optimizer.decay_vectors must be true or false, not 1");
    assertProblem(problems, "unknown key optimiser: did you mean 'optimizer'?");
  }

  @Test
  void missingKeysAreNamed() {
    List<String> problems = problems("run: {name: x}");
    for (String key :
        List.of(
            "run.seed",
            "model.path",
            "data.train_jsonl",
            "data.template",
            "training.global_batch_size",
            "training.global_max_length",
            "optimizer.learning_rate")) {
      assertProblem(problems, key + " is missing");
    }
    assertTrue(
        problems.stream().noneMatch(problem -> problem.contains("names")), problems.toString());
  }

  @Test
  void sectionsMustBeMappings() {
    assertProblem(problems(LEAST.replace("{seed: 7}", "[7]")), "run must be a mapping");
    assertProblem(problems("- a list"), "must be a mapping of keys to values");
    assertProblem(problems(""), "run.seed is missing");
  }

  @Test
  void lengthIsGivenInStepsOrEpochsButNotBoth() {
    String either = "training.max_steps or training.epochs must be given, and only one of them";
    assertProblem(problems(LEAST.replace("max_steps: 10,", "max_steps: 10, epochs: 1,")), either);
    assertProblem(problems(LEAST.replace("max_steps: 10,", "")), either);
  }

  @Test
  void gradientsAreAccumulatedOverEqualPartsOfAVirtualRank() throws Exception {
    String two = LEAST.replace("max_steps: 10,", "max_steps: 10, gradient_accumulation: 2,");
    assertEquals(2, parse(two).training().gradientAccumulation());
    assertProblem(
        problems(two.replace("accumulation: 2", "accumulation: 3")),
        "training.gradient_accumulation (3) must divide the samples of a virtual rank, which are"
            + " global_batch_size / virtual_ranks = 2");
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
        "training.model_max_length does not exist: training.global_max_length");
    assertProblem(
        problems(LEAST + "custom: {hard_sample_mining: {enabled: true}}"),
        "custom.hard_sample_mining does not exist: the order of samples is fixed");
    assertEquals(1, problems(packed).size());
  }

  @Test
  void promptsThatCannotBeComposedAreProblems() {
    assertProblem(
        problems(LEAST + "prompts: {profile: summary_runtime}"), "prompts.domain is required");
    assertProblem(
        problems(LEAST + "prompts: {profile: all}"),
        "prompts.profile must be one of summary_train_min, summary_runtime, not 'all'");
    assertProblem(problems(LEAST + "prompts: {domain: xyz}"), "prompts.domain: unknown 'xyz'");
    assertProblem(
        problems(LEAST + "prompts: {domain_text: Indoors}"),
        "prompts.domain_text needs prompts.domain");
  }

  @Test
  void samplesAreNeverCut() {
    assertProblem(
        problems(LEAST.replace("max_steps: 10,", "max_steps: 10, truncation_strategy: left,")),
        "training.truncation_strategy must be raise, not 'left'");
  }

  @Test
  void aRunThatTrainsNothingIsAProblem() {
    assertProblem(
        problems(LEAST.replace("1.0e-4", "0")), "optimizer.learning_rate is 0 for every part");
  }

  @Test
  void numbersThatDoNotFitAreProblems() {
    assertProblem(
        problems(LEAST.replace("max_steps: 10,", "max_steps: 99999999999999999999,")),
        "training.max_steps");
    assertProblem(problems(LEAST.replace("1.0e-4", "-1")), "optimizer.learning_rate must be");
  }

  @Test
  void whatIsNotYamlIsAnErrorWithFileAndLine() throws IOException {
    Path file = folder.resolve("run.yaml");
    Files.writeString(file, "run:\n  seed: 1\n  name: [unclosed\nmodel: x\n");
    ConfigException error = assertThrows(ConfigException.class, () -> RunConfig.read(file));
    String message = String.valueOf(error.getMessage());
    assertTrue(message.startsWith(file + ":3: the '[' that opens here"), message);
  }

  @Test
  void aKeyGivenTwiceIsAnError() {
    ConfigException error =
        assertThrows(ConfigException.class, () -> parse(LEAST + "run: {seed: 8}\n"));
    assertTrue(String.valueOf(error.getMessage()).contains("run"), error.getMessage());
  }

  @Test
  void rateWarmsUpLinearlyAndFallsAlongACosine() {
    OptimizerConfig config = new OptimizerConfig(1, 1, 1, 1, 0.9, 0.999, 1e-8, 0, false, 0.2, 0.1);
    assertEquals(0.5, config.lrFactor(1, 10));
    assertEquals(1, config.lrFactor(2, 10));
    assertEquals(0.55, config.lrFactor(6, 10), 1e-15);
    assertEquals(0.1, config.lrFactor(10, 10), 1e-15);
    OptimizerConfig cold = new OptimizerConfig(1, 1, 1, 1, 0.9, 0.999, 1e-8, 0, false, 0, 0);
    assertEquals(0, cold.lrFactor(1, 1), 1e-15);
  }

  @Test
  void onlyMatricesDecayUnlessVectorsAreAskedFor() throws Exception {
    ParameterSpec matrix = ParameterSpec.of(ParameterSpec.Module.LLM, "a.weight", 2, 3);
    ParameterSpec vector = ParameterSpec.of(ParameterSpec.Module.LLM, "norm.weight", 3);
    OptimizerConfig both = parse(FULL).optimizer();
    OptimizerConfig matrices =
        parse(FULL.replace("decay_vectors: true", "decay_vectors: false")).optimizer();
    assertEquals(List.of(0.1, 0.1), List.of(both.decay(matrix), both.decay(vector)));
    assertEquals(List.of(0.1, 0.0), List.of(matrices.decay(matrix), matrices.decay(vector)));
  }

  private RunConfig parse(String yaml) throws ConfigException {
    return RunConfig.parse(yaml, "run.yaml", folder);
  }

  private List<String> problems(String yaml) {
    return assertThrows(ConfigException.class, () -> parse(yaml)).problems();
  }

  private static void assertProblem(List<String> problems, String expected) {
    assertTrue(
        problems.stream().anyMatch(problem -> problem.contains(expected)),
        () -> expected + " is not among\n" + String.join("\n", problems));
  }
}
