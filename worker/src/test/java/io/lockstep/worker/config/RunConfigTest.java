package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.affine.HFlip;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import io.lockstep.data.dataset.EmitNorm;
import io.lockstep.data.fusion.DatasetConfig;
import io.lockstep.data.fusion.DatasetTemplate;
import io.lockstep.data.preprocess.DropSmall;
import io.lockstep.data.preprocess.KeepClasses;
import io.lockstep.data.prompt.Profile;
import io.lockstep.data.prompt.PromptConfig;
import io.lockstep.data.prompt.PromptTexts;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.parameter.ParameterSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
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
      global_max_length: 512
      model: {model: base}
      data: {train_jsonl: train.jsonl, template: target_summary}
      training: {seed: 7, max_steps: 10, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, learning_rate: 1.0e-4}
      """;

  private static final String FULL =
      """
      global_max_length: 1024
      model:
        model: base
        weights: initialise
        attn_impl: flash_attention_2
        torch_dtype: float32
        max_model_len: 1024
      template:
        template: qwen3_vl
        max_length: 1024
        truncation_strategy: raise
        min_pixels: 1024
        max_pixels: 4096
      training:
        run_name: shelves
        seed: -3
        output_dir: out/run-1
        max_steps: 0
        num_train_epochs: 2.5
        per_device_train_batch_size: 1
        gradient_accumulation_steps: 12
        learning_rate: 1.0e-3
        vit_lr: 0
        aligner_lr: 5.0e-4
        detection_lr: 2.0e-3
        optimizer: multimodal
        adam_beta1: 0.8
        adam_beta2: 0.98
        adam_epsilon: 1.0e-6
        weight_decay: 0.2
        decay_vectors: true
        warmup_ratio: 0.2
        lr_scheduler_type: cosine_warmup_with_min_lr
        lr_scheduler_kwargs:
          min_lr_rate: 0.01
        max_grad_norm: 0.5
        max_nonfinite_steps: 4
        group_by_length: false
        gradient_checkpointing: true
        bf16: false
        router_aux_loss_coef: 0.001
        save_strategy: steps
        save_steps: 20
        save_total_limit: 3
        keep_best: 1
        eval_strategy: steps
        eval_steps: 10
        metric_for_best_model: eval_token_accuracy
        greater_is_better: true
        early_stopping_patience: 3
        early_stopping_threshold: 0.01
        logging_steps: 7
      tuner:
        train_type: full
        freeze_llm: false
        freeze_vit: false
        freeze_aligner: false
      data:
        train_jsonl: train.jsonl
        val_jsonl: val.jsonl
        val_records: 16
        template: mixed
        dense_ratio: 0.25
        preprocessors:
          - {name: keep_classes, params: {classes: [标签, 光纤]}}
          - drop_small
        dataloader_num_workers: 3
        dataloader_pin_memory: true
        patch_bank_mib: 96
        max_unreadable: 7
      custom:
        augmentation: {bypass_prob: 0.5, ops: [{name: hflip, params: {prob: 0.25}}]}
        emit_norm: norm100
        sample_limit: 100
        save_delay_epochs: 2
      prompts:
        profile: summary_runtime
        domain: bbu
        domain_text: Cabinets, indoors.
        system: You describe pictures.
        user: "Describe: all objects"
      vision:
        token_budget: 0.5
      deepspeed:
        enabled: true
        config: zero3
      cluster:
        virtual_ranks: 6
        bucket_floats: 2048
        min_workers: 2
        max_workers: 5
        grace_seconds: 2.5
        reconnect_seconds: 20
        heartbeat_millis: 200
        timeout_millis: 900
        resilience: checkpoint
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
    assertEquals(6, config.saveDelaySteps(33));
    List<String> problems =
        problems(
            FULL.replace("save_total_limit: 3", "save_total_limit: 0")
                .replaceAll("( *)(save_delay)_epochs: 2", "$0\n$1$2_steps: 1"));
    assertProblem(
        problems, "training.keep_best has no effect while training.save_total_limit is 0");
    assertProblem(
        problems, "custom.save_delay_steps and custom.save_delay_epochs exclude each other");
  }

  private static AugmentationConfig augmentation() {
    return new AugmentationConfig(
        true, 0.5, List.of(new ConfiguredOperator(0.25, new HFlip())), Optional.empty());
  }

  @Test
  void augmentationIsReadFromAFileOrFromEitherOfTwoKeys() throws Exception {
    String inline = "augmentation: {bypass_prob: 0.5, ops: [{name: hflip, params: {prob: 0.25}}]}";
    Files.writeString(folder.resolve("augment.yaml"), inline);
    List<String> recipes =
        List.of(
            FULL.replace(inline, "augmentation: augment.yaml"),
            FULL.replace("  " + inline + "\n", "") + inline + "\n");

    for (String recipe : recipes) {
      RunConfig config = RunConfig.parse(recipe, "test", folder);
      assertEquals(Optional.of(augmentation()), config.custom().augmentation());
      assertEquals(config, RunConfig.parseStored(config.toYaml(), "stored"));
    }
  }

  @Test
  void problemsOfAnAugmentationFileNameTheFile() throws Exception {
    Path file = folder.resolve("augment.yaml");
    Files.writeString(
        file, "augmentation: {ops: [{name: hflop}, {name: rotate, params: {prob: 2}}]}");
    String recipe = FULL.replaceAll("augmentation: .*", "augmentation: augment.yaml");
    List<String> problems = problems(recipe + "augmentation: {ops: [hflip]}\n");
    assertProblem(problems, "custom.augmentation and augmentation exclude each other");
    problems = problems(recipe);
    assertProblem(
        problems, "(" + file + ").ops[0]: unknown operator 'hflop': did you mean 'hflip'?");
    assertProblem(problems, "(" + file + ").ops[1].params.prob must be between 0 and 1, not 2");
    assertProblem(
        problems(FULL.replaceAll("augmentation: .*", "augmentation: nowhere.yaml")),
        "custom.augmentation names " + folder.resolve("nowhere.yaml") + ", which does not exist");
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
            Optional.of(1024),
            new ModelSection(
                folder.resolve("base"),
                ModelSection.Weights.INITIALISE,
                ModelSection.AttentionImplementation.FLASH_ATTENTION_2,
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
                ClusterConfig.Resilience.CHECKPOINT),
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
        AdapterOptions.Beginning.TRUE,
        AdapterOptions.Biases.NONE);
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
    RunConfig config = parse(LEAST.replaceAll("training: .*\n", ""));
    assertEquals("run", config.name());
    assertEquals(42, config.seed());
    assertEquals(Optional.empty(), config.outputDir());
    assertEquals(
        new ModelSection(
            folder.resolve("base"),
            ModelSection.Weights.LOAD,
            ModelSection.AttentionImplementation.SDPA,
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
            ClusterConfig.Resilience.BUDDY),
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
  void sharedOutWeightsNeedCheckpointing() throws Exception {
    String shared = LEAST + "deepspeed: {config: zero3}\n";
    assertTrue(parse(shared).training().checkpoints());
    assertFalse(parse(LEAST).training().checkpoints());
    assertFalse(
        parse(LEAST + "deepspeed: {config: zero3, enabled: false}\n").training().checkpoints());
    assertProblem(
        problems(shared.replace("seed: 7", "seed: 7, gradient_checkpointing: false")),
        "training.gradient_checkpointing must be true with zero3");
  }

  @Test
  void picturesHaveALeastAndAGreatestSize() {
    assertProblem(
        problems(LEAST + "template: {min_pixels: 2048, max_pixels: 1024}\n"),
        "template.min_pixels (2048) must not exceed template.max_pixels (1024)");
  }

  @Test
  void otherTypesAndKernelsAreRefusedWithWhatToDo() {
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, attn_impl: eager}")),
        "model.attn_impl must be one of sdpa, flash_attention_2, not 'eager'");
    assertProblem(
        problems(LEAST.replace("{model: base}", "{model: base, torch_dtype: bfloat16}")),
        "`lockstep export merge --dtype bfloat16`");
    assertProblem(
        problems(LEAST.replace("seed: 7", "seed: 7, bf16: true")),
        "training.bf16 must be false, not true: training computes in float32");
  }

  @Test
  void theMonitorNeedsATeacher() {
    assertProblem(
        problems(LEAST + "custom: {trainer_variant: gkd_monitor}\n"),
        "custom.trainer_variant gkd_monitor needs section rlhf");
  }

  @Test
  void checkpointsAreWrittenAtTheEndAloneIfThatIsTheStrategy() throws Exception {
    assertEquals(500, parse(LEAST).training().saving().everySteps());
    assertEquals(
        0,
        parse(LEAST.replace("seed: 7", "seed: 7, save_strategy: \"no\""))
            .training()
            .saving()
            .everySteps());
  }

  private static String training(String keys) {
    return LEAST.replace("training: {", "training: {" + keys + ", ");
  }

  private static String heldOut(String recipe) {
    return recipe.replace("train_jsonl:", "val_jsonl: train.jsonl, train_jsonl:");
  }

  @Test
  void heldOutRecordsAreEvaluatedWithEachCheckpointUnlessMoreIsSaid() throws Exception {
    assertFalse(parse(LEAST).isEvaluated());
    RunConfig usual = parse(heldOut(training("save_steps: 20")));
    assertTrue(usual.isEvaluated());
    assertEquals(20, usual.evalEverySteps());
    assertEquals(0, parse(heldOut(training("save_strategy: 'no'"))).evalEverySteps());
    assertEquals(7, parse(heldOut(training("eval_steps: 7"))).evalEverySteps());
    assertEquals(5, parse(heldOut(training("eval_strategy: steps"))).evalEverySteps());
    assertFalse(parse(heldOut(training("eval_strategy: 'no'"))).isEvaluated());
    String delayed = "custom: {save_delay_steps: 30}\n";
    assertEquals(30, parse(heldOut(LEAST) + delayed).evalDelaySteps(100));
    assertEquals(0, parse(heldOut(training("eval_steps: 7")) + delayed).evalDelaySteps(100));
  }

  @Test
  void whatNeedsEvaluationsIsRefusedWithoutThem() {
    assertProblem(
        problems(training("eval_strategy: steps")),
        "training.eval_strategy needs held-out records: name them with data.val_jsonl");
    assertProblem(
        problems(training("eval_steps: 5")),
        "training.eval_steps needs held-out records: name them with data.val_jsonl");
    for (String recipe : List.of(LEAST, heldOut(LEAST))) {
      assertProblem(
          problems(recipe.replace("training: {", "training: {save_strategy: best, ")),
          "training.save_strategy is best, which needs evaluations at steps of their own: set training.eval_strategy: steps and training.eval_steps");
    }
    for (String key :
        List.of(
            "metric_for_best_model: loss",
            "greater_is_better: false",
            "early_stopping_patience: 2")) {
      assertProblem(
          problems(training(key)),
          "training."
              + key.substring(0, key.indexOf(':'))
              + " needs evaluations: set training.eval_strategy: steps");
    }
    assertProblem(
        problems(heldOut(training("early_stopping_patience: 2, save_strategy: 'no'"))),
        "training.early_stopping_patience needs evaluations on the way: set training.eval_steps");
    assertProblem(
        problems(heldOut(training("early_stopping_threshold: 0.1"))),
        "training.early_stopping_threshold has no effect without training.early_stopping_patience");
    assertProblem(
        problems(heldOut(training("eval_strategy: 'no', eval_steps: 5"))),
        "training.eval_steps has no effect with training.eval_strategy: no");
  }

  @Test
  void whatIsBetterFollowsFromTheMetric() throws Exception {
    assertFalse(
        parse(heldOut(training("metric_for_best_model: eval_loss, greater_is_better: false")))
            .training()
            .evaluation()
            .metric()
            .isAccuracy());
    assertTrue(
        parse(heldOut(training("metric_for_best_model: token_acc")))
            .training()
            .evaluation()
            .metric()
            .isAccuracy());
    assertProblem(
        problems(
            heldOut(training("metric_for_best_model: token_accuracy, greater_is_better: false"))),
        "training.greater_is_better is false, but a greater accuracy is better: remove the key");
    assertProblem(
        problems(heldOut(training("greater_is_better: true"))),
        "training.greater_is_better is true, but a lower loss is better: remove the key");
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
  void lengthIsGivenInStepsOrElseInEpochs() throws Exception {
    assertEquals(10, parse(LEAST).training().totalSteps(1000));
    String epochs = LEAST.replace("max_steps: 10,", "num_train_epochs: 1.5,");
    assertEquals(19, parse(epochs).training().totalSteps(100), "150 samples, 8 in a step");
    assertEquals(1, parse(epochs).training().totalSteps(1));
    assertEquals(
        10,
        parse(LEAST.replace("max_steps: 10,", "max_steps: 10, num_train_epochs: 1.5,"))
            .training()
            .totalSteps(1000));
    assertProblem(
        problems(LEAST.replace("max_steps: 10,", "num_train_epochs: 0,")),
        "training.num_train_epochs must be more than 0");
  }

  @Test
  void stepsAreCutIntoEqualPartsOfVirtualRanks() throws Exception {
    String parts =
        LEAST.replace(
            "size: 8, gradient_accumulation_steps: 1", "size: 1, gradient_accumulation_steps: 8");
    assertEquals(new BatchPlan(8, 4, 2), parse(parts).batches());
    assertEquals(new BatchPlan(8, 4, 1), parse(LEAST).batches());
    assertProblem(
        problems(parts + "cluster: {virtual_ranks: 3}\n"),
        "cluster.virtual_ranks (3) must divide the samples of a step, which are"
            + " training.per_device_train_batch_size * training.gradient_accumulation_steps = 1 * 8 = 8");
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
        problems(LEAST + "template: {truncation_strategy: left}"),
        "template.truncation_strategy must be raise, not 'left'");
  }

  @Test
  void aRunThatTrainsNothingIsAProblem() {
    assertProblem(
        problems(LEAST.replace("1.0e-4", "0")), "training.learning_rate is 0 for every part");
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

  @Test
  void onlyMatricesDecayUnlessVectorsAreAskedFor() throws Exception {
    ParameterSpec matrix = ParameterSpec.of(ParameterSpec.Module.LLM, "a.weight", 2, 3);
    ParameterSpec vector = ParameterSpec.of(ParameterSpec.Module.LLM, "norm.weight", 3);
    OptimizerConfig both = parse(FULL).optimizer();
    OptimizerConfig matrices =
        parse(FULL.replace("decay_vectors: true", "decay_vectors: false")).optimizer();
    assertEquals(List.of(0.2, 0.2), List.of(both.decay(matrix), both.decay(vector)));
    assertEquals(List.of(0.2, 0.0), List.of(matrices.decay(matrix), matrices.decay(vector)));
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
