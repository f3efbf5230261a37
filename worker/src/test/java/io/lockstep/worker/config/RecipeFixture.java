package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.data.augment.AugmentationConfig;
import io.lockstep.data.augment.affine.HFlip;
import io.lockstep.data.augment.operator.ConfiguredOperator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Recipes of the fewest and of all keys, beside the files that they name. */
abstract class RecipeFixture {

  static final String LEAST =
      """
      global_max_length: 512
      model: {model: base}
      data: {train_jsonl: train.jsonl, template: target_summary}
      training: {seed: 7, max_steps: 10, per_device_train_batch_size: 8, gradient_accumulation_steps: 1, learning_rate: 1.0e-4}
      """;

  static final String FULL =
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
        fp16: false
        tf32: true
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
        collective: nccl
        reduction: native
      inputs:
        data_bytes: 3
        data_sha256: AAAA
        adapter_sha256: BBBB
      """
          .replace("AAAA", "a".repeat(64))
          .replace("BBBB", "b".repeat(64));

  @TempDir Path folder;

  /** The augmentation of {@link #FULL}. */
  static AugmentationConfig augmentation() {
    return new AugmentationConfig(
        true, 0.5, List.of(new ConfiguredOperator(0.25, new HFlip())), Optional.empty());
  }

  @BeforeEach
  void prepareFiles() throws IOException {
    Files.createDirectory(folder.resolve("base"));
    Files.writeString(folder.resolve("train.jsonl"), "{}\n");
    Files.writeString(folder.resolve("val.jsonl"), "{}\n");
  }

  RunConfig parse(String yaml) throws ConfigException {
    return RunConfig.parse(yaml, "run.yaml", folder);
  }

  List<String> problems(String yaml) {
    return assertThrows(ConfigException.class, () -> parse(yaml)).problems();
  }

  static void assertProblem(List<String> problems, String expected) {
    assertTrue(
        problems.stream().anyMatch(problem -> problem.contains(expected)),
        () -> expected + " is not among\n" + String.join("\n", problems));
  }
}
