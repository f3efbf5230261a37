package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recipes in the words of before. */
class FormerRecipeTest {

  /** What a run stored that said everything. */
  private static final String FULL =
      """
      run:
        name: shelves
        seed: -3
        output_dir: /out/run-1
      model:
        path: /base
        weights: initialise
      data:
        train_jsonl: /train.jsonl
        val_jsonl: /val.jsonl
        val_records: 16
        template: mixed
        dense_ratio: 0.25
        preprocessors:
          - keep_classes: {classes: [标签, 光纤]}
          - drop_small
        loader_threads: 5
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
        max_steps: 0
        global_batch_size: 12
        virtual_ranks: 6
        global_max_length: 1024
        group_by_length: false
        truncation_strategy: raise
        max_grad_norm: 0.5
        save_steps: 20
        save_delay_steps: 0
        save_delay_epochs: 2
        keep_last: 3
        keep_best: 1
        logging_steps: 5
        bucket_floats: 2048
        gradient_checkpointing: true
        gradient_accumulation: 2
        router_aux_loss_coef: 0.001
      optimizer:
        learning_rate: 1.0e-3
        vit_learning_rate: 0
        aligner_learning_rate: 5.0e-4
        beta1: 0.8
        beta2: 0.95
        epsilon: 1.0e-6
        weight_decay: 0.1
        decay_vectors: true
        warmup_ratio: 0.2
        floor_ratio: 0.01
      tuning:
        mode: full
        freeze_llm: false
        freeze_vit: true
        freeze_aligner: false
        target_parameters: []
        modules_to_save: []
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

  private static final String FULL_TODAY =
      """
      global_max_length: 1024
      model: {model: /base, weights: initialise}
      template: {truncation_strategy: raise}
      training:
        run_name: shelves
        seed: -3
        output_dir: /out/run-1
        num_train_epochs: 3
        per_device_train_batch_size: 1
        gradient_accumulation_steps: 12
        learning_rate: 1.0e-3
        vit_lr: 0
        aligner_lr: 5.0e-4
        adam_beta1: 0.8
        adam_beta2: 0.95
        adam_epsilon: 1.0e-6
        weight_decay: 0.1
        decay_vectors: true
        warmup_ratio: 0.2
        lr_scheduler_type: cosine_warmup_with_min_lr
        lr_scheduler_kwargs: {min_lr_rate: 0.01}
        max_grad_norm: 0.5
        group_by_length: false
        gradient_checkpointing: true
        router_aux_loss_coef: 0.001
        save_steps: 20
        save_total_limit: 3
        keep_best: 1
        logging_steps: 5
      tuner: {train_type: full, freeze_vit: true, freeze_aligner: false}
      data:
        train_jsonl: /train.jsonl
        val_jsonl: /val.jsonl
        val_records: 16
        template: mixed
        dense_ratio: 0.25
        preprocessors:
          - {name: keep_classes, params: {classes: [标签, 光纤]}}
          - drop_small
        dataloader_num_workers: 5
        patch_bank_mib: 96
        max_unreadable: 7
      custom:
        augmentation: {bypass_prob: 0.5, ops: [{name: hflip, params: {prob: 0.25}}]}
        save_delay_epochs: 2
      prompts:
        profile: summary_runtime
        domain: bbu
        domain_text: Cabinets, indoors.
        system: You describe pictures.
        user: "Describe: all objects"
      vision: {token_budget: 0.5}
      deepspeed: {config: zero3}
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

  /** The least that was ever stored, with the defaults of before left out. */
  private static final String LEAST =
      """
      run: {seed: 7}
      model: {path: /base}
      data: {train_jsonl: /train.jsonl, template: target_summary}
      training: {max_steps: 10, global_batch_size: 8, global_max_length: 512}
      optimizer: {learning_rate: 1.0e-4}
      """;

  private static final String LEAST_TODAY =
      """
      global_max_length: 512
      model: {model: /base}
      training:
        seed: 7
        max_steps: 10
        per_device_train_batch_size: 2
        gradient_accumulation_steps: 4
        learning_rate: 1.0e-4
        adam_beta2: 0.999
        weight_decay: 0
        warmup_ratio: 0.05
        lr_scheduler_type: cosine_warmup_with_min_lr
        lr_scheduler_kwargs: {min_lr_rate: 0.1}
        save_steps: 0
        logging_steps: 1
      tuner: {train_type: full, freeze_vit: false, freeze_aligner: false}
      data: {train_jsonl: /train.jsonl, template: target_summary}
      """;

  private static final String ADAPTER =
      """
      run: {name: adapter, seed: 7}
      model: {path: /base, weights: load}
      data:
        fusion:
          seed: 9
          targets:
          - {name: site, train_jsonl: /a.jsonl, template: target_dense, seed: 11, preprocessors: [{drop_small: {min_side: 9}}, {rename_class: {from: a, to: b}}]}
          sources:
          - {name: talk, train_jsonl: /b.jsonl, template: chatml, ratio: 0.5, preprocessors: [drop_small]}
        augmentation:
          bypass_prob: 0.5
          operators:
          - rotate: {p: 0.25, degrees: [20, 20]}
          - scale: {p: 0.5, scale: [0.5, 1.5]}
          - hflip
          curriculum:
            phases:
            - until_percent: 20
              bypass_prob: 0.1
              operators:
                rotate: {p: 0.5, degrees: [-30, 30]}
                scale: {scale: [0.8, 1.2]}
            - until_percent: 50
              operators: {rotate: {p: 1}}
      training: {max_steps: 10, global_batch_size: 8, virtual_ranks: 2, global_max_length: 512, gradient_accumulation: 4}
      optimizer: {learning_rate: 1.0e-4, vit_learning_rate: 1.0e-4, aligner_learning_rate: 1.0e-4, beta1: 0.9, beta2: 0.999, epsilon: 1.0e-8, weight_decay: 0.0, warmup_ratio: 0.05, floor_ratio: 0.1}
      tuning: {mode: lora, freeze_llm: false, freeze_vit: true, freeze_aligner: false, rank: 4, alpha: 16, dropout: 0, dora: true, rslora: false, target_modules: all-linear, modules_to_save: [visual.merger]}
      cluster: {zero_stage: 1}
      """;

  private static final String ADAPTER_TODAY =
      """
      global_max_length: 512
      model: {model: /base}
      training:
        run_name: adapter
        seed: 7
        max_steps: 10
        per_device_train_batch_size: 1
        gradient_accumulation_steps: 8
        learning_rate: 1.0e-4
        adam_beta2: 0.999
        weight_decay: 0
        warmup_ratio: 0.05
        lr_scheduler_type: cosine_warmup_with_min_lr
        lr_scheduler_kwargs: {min_lr_rate: 0.1}
        save_steps: 0
        logging_steps: 1
      tuner: {train_type: lora, freeze_vit: true, freeze_aligner: false, lora_rank: 4, lora_alpha: 16, lora_dropout: 0, use_dora: true, target_modules: [all-linear], modules_to_save: [visual.merger]}
      data:
        fusion:
          seed: 9
          targets:
          - {name: site, train_jsonl: /a.jsonl, template: target_dense, seed: 11, preprocessors: [{name: drop_small, params: {min_side: 9}}, {name: rename_class, params: {from: a, to: b}}]}
          sources:
          - {name: talk, train_jsonl: /b.jsonl, template: chatml, ratio: 0.5, preprocessors: [drop_small]}
      custom:
        augmentation:
          bypass_prob: 0.5
          ops:
          - {name: rotate, params: {prob: 0.25, max_deg: [20, 20]}}
          - {name: scale, params: {prob: 0.5, scale: [0.5, 1.5]}}
          - hflip
          curriculum:
            phases:
            - until_percent: 20
              bypass_prob: 0.1
              ops:
                rotate: {prob: 0.5, max_deg: [-30, 30]}
                scale: {scale: [0.8, 1.2]}
            - until_percent: 50
              ops: {rotate: {prob: 1}}
      deepspeed: {config: zero1}
      cluster: {virtual_ranks: 2}
      """;

  private static RunConfig stored(String yaml) throws ConfigException {
    return RunConfig.parseStored(yaml, "run.yaml");
  }

  @Test
  void whatWasStoredInFormerWordsMeansWhatItMeant() throws Exception {
    assertEquals(stored(FULL_TODAY), stored(FULL));
    assertEquals(stored(LEAST_TODAY), stored(LEAST));
    assertEquals(stored(ADAPTER_TODAY), stored(ADAPTER));
  }

  @Test
  void whatIsWrittenOfAFormerRecipeReadsAsTheSame() throws Exception {
    for (String former : List.of(FULL, LEAST, ADAPTER)) {
      RunConfig run = stored(former);
      assertEquals(run, stored(run.toYaml()));
    }
  }

  @Test
  void anAdapterThatTrainingWentOnWithIsStillNamed() throws Exception {
    RunConfig run =
        stored(
            LEAST.replace("{path: /base}", "{path: /base, adapter: /adapter}")
                + "tuning: {mode: lora}\n");
    assertEquals(
        stored(
            LEAST_TODAY.replace(
                "{train_type: full,", "{train_type: lora, resume_from_checkpoint: /adapter,")),
        run);
  }

  /** The step's samples, its shares and their parts are those of before. */
  @ParameterizedTest
  @CsvSource({
    "'global_batch_size: 12, virtual_ranks: 6, gradient_accumulation: 2', 12, 6, 2",
    "'global_batch_size: 8', 8, 4, 1",
    "'global_batch_size: 8, gradient_accumulation: 2', 8, 4, 2",
    "'global_batch_size: 6, virtual_ranks: 1', 6, 1, 1",
    "'global_batch_size: 6, virtual_ranks: 1, gradient_accumulation: 3', 6, 1, 3",
    "'global_batch_size: 20, virtual_ranks: 2, gradient_accumulation: 5', 20, 2, 5",
  })
  void stepsAreCutAsBefore(String keys, int samples, int ranks, int parts) throws Exception {
    assertEquals(
        new BatchPlan(samples, ranks, parts),
        stored(LEAST.replace("global_batch_size: 8", keys)).batches());
  }

  @ParameterizedTest
  @CsvSource({
    "run.name, training.run_name",
    "run.seed, training.seed",
    "run.output_dir, training.output_dir",
    "model.path, model.model",
    "model.adapter, tuner.resume_from_checkpoint",
    "data.augmentation, custom.augmentation",
    "data.loader_threads, data.dataloader_num_workers",
    "training.epochs, training.num_train_epochs",
    "training.virtual_ranks, cluster.virtual_ranks",
    "training.bucket_floats, cluster.bucket_floats",
    "training.global_max_length, global_max_length",
    "training.truncation_strategy, template.truncation_strategy",
    "training.save_delay_steps, custom.save_delay_steps",
    "training.save_delay_epochs, custom.save_delay_epochs",
    "training.keep_last, training.save_total_limit",
    "training.global_batch_size, training.per_device_train_batch_size * training.gradient_accumulation_steps",
    "training.gradient_accumulation, training.per_device_train_batch_size",
    "optimizer.learning_rate, training.learning_rate",
    "optimizer.vit_learning_rate, training.vit_lr",
    "optimizer.aligner_learning_rate, training.aligner_lr",
    "optimizer.beta1, training.adam_beta1",
    "optimizer.beta2, training.adam_beta2",
    "optimizer.epsilon, training.adam_epsilon",
    "optimizer.weight_decay, training.weight_decay",
    "optimizer.decay_vectors, training.decay_vectors",
    "optimizer.warmup_ratio, training.warmup_ratio",
    "optimizer.floor_ratio, training.lr_scheduler_kwargs.min_lr_rate",
    "tuning.mode, tuner.train_type",
    "tuning.freeze_llm, tuner.freeze_llm",
    "tuning.freeze_vit, tuner.freeze_vit",
    "tuning.freeze_aligner, tuner.freeze_aligner",
    "tuning.rank, tuner.lora_rank",
    "tuning.alpha, tuner.lora_alpha",
    "tuning.dropout, tuner.lora_dropout",
    "tuning.dora, tuner.use_dora",
    "tuning.rslora, tuner.use_rslora",
    "tuning.target_modules, tuner.target_modules",
    "tuning.target_regex, tuner.target_regex",
    "tuning.target_parameters, tuner.target_parameters",
    "tuning.modules_to_save, tuner.modules_to_save",
    "cluster.zero_stage, 'deepspeed.config: zero1, zero2 or zero3'",
  })
  void aPersonWhoWritesAFormerKeyIsToldTheNewOne(String former, String today) {
    String[] names = former.split("\\.", -1);
    String yaml = "%s:\n  %s: 1\n".formatted(names[0], names[1]);
    List<String> lines =
        assertThrows(ConfigException.class, () -> RunConfig.parse(yaml, "my.yaml", Path.of("/")))
            .lines();
    String told = "my.yaml:2: " + former + " is now " + today;
    assertTrue(
        lines.stream().anyMatch(line -> line.startsWith(told)), told + " is not in " + lines);
    assertTrue(lines.stream().noneMatch(line -> line.contains("unknown key")), lines::toString);
  }

  @Test
  void aFormerRecipeIsRefusedKeyByKey() {
    List<String> problems =
        assertThrows(ConfigException.class, () -> RunConfig.parse(ADAPTER, "my.yaml", Path.of("/")))
            .problems();
    for (String key :
        List.of(
            "run.seed is now training.seed",
            "data.augmentation is now custom.augmentation, with `ops: [{name: hflip, params: {prob: 0.5}}]`",
            "tuning.rank is now tuner.lora_rank",
            "training.global_batch_size is now training.per_device_train_batch_size")) {
      assertTrue(
          problems.stream().anyMatch(problem -> problem.startsWith(key)),
          () -> key + " is not in\n" + String.join("\n", problems));
    }
  }
}
