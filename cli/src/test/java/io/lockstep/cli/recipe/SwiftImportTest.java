package io.lockstep.cli.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.config.ConfigException;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.config.SavingConfig;
import io.lockstep.worker.config.TunerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Recipes made of the arguments of ms-swift. */
class SwiftImportTest {

  private static final String SCRIPT =
      """
      #!/bin/bash
      # eight devices
      NPROC_PER_NODE=8 \\
      MAX_PIXELS=1003520 \\
      CUDA_VISIBLE_DEVICES=0,1,2,3,4,5,6,7 \\
      swift sft \\
          --model base \\
          --train_type lora \\
          --dataset 'train.jsonl#500' \\
          --val_dataset val.jsonl \\
          --torch_dtype bfloat16 \\
          --num_train_epochs 2 \\
          --per_device_train_batch_size 1 \\
          --gradient_accumulation_steps 2 \\
          --learning_rate 1e-4 \\
          --vit_lr 1e-5 \\
          --lora_rank 16 \\
          --target_modules q_proj v_proj \\
          --freeze_vit false \\
          --max_length 2048 \\
          --lr_scheduler_type cosine_warmup_with_min_lr \\
          --lr_scheduler_kwargs '{"min_lr": 1e-6}' \\
          --deepspeed zero3 \\
          --attn_impl flash_attention_2 \\
          --report_to tensorboard \\
          --dataloader_num_workers=4 \\
          --unheard_of 7
      """;

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void prepareFiles() throws IOException {
    Files.createDirectory(folder.resolve("base"));
    for (String name : List.of("train.jsonl", "val.jsonl")) {
      Files.writeString(folder.resolve(name), "{}\n");
    }
  }

  @Test
  void aScriptBecomesARecipeThatMeansTheSame() throws Exception {
    SwiftImport imported = SwiftImport.of(SCRIPT, "run.sh", folder);
    assertEquals(List.of(), imported.problems());
    RunConfig run = RunConfig.parse(imported.yaml(), "recipe", folder);
    assertEquals(folder.resolve("base"), run.model().model());
    assertEquals(TunerConfig.TrainType.LORA, run.tuner().trainType());
    assertEquals(Set.of(Module.ALIGNER), run.tuner().frozen());
    assertEquals(Optional.of(500), run.custom().sampleLimit());
    assertEquals(Optional.of(folder.resolve("val.jsonl")), run.data().valJsonl());
    assertEquals(16, run.batches().globalBatchSize());
    assertEquals(8, run.batches().virtualRanks());
    assertEquals(2, run.batches().parts());
    assertEquals(2048, run.maxLength());
    assertEquals(1e-5, run.optimizer().peakLr(Module.VIT));
    assertEquals(1e-4, run.optimizer().peakLr(Module.LLM));
    assertEquals(Optional.of(1003520), run.template().maxPixels());
    assertEquals(3, run.deepspeed().zeroStage());
    assertEquals(Optional.of(4), run.data().dataloaderNumWorkers());
    assertEquals(
        List.of("report_to", "unheard_of", "CUDA_VISIBLE_DEVICES"),
        List.copyOf(imported.left().keySet()));
    assertTrue(
        imported.notes().stream().anyMatch(note -> note.contains("2 * 8")),
        imported.notes().toString());
    assertEquals(
        run, RunConfig.parse(imported.withComments("ms-swift in run.sh"), "with comments", folder));
  }

  @Test
  void aYamlFileDoesToo() throws Exception {
    SwiftImport imported =
        SwiftImport.of(
            """
            model: base
            sft_type: full
            dataset: train.jsonl
            max_length: 512
            freeze_vit: false
            bf16: false
            target_modules: all-linear
            packing: true
            """,
            "args.yaml",
            folder);
    assertEquals(List.of("packing"), List.copyOf(imported.left().keySet()));
    assertEquals(
        List.of(
            "tuner.target_modules describes an adapter: write tuner.train_type: lora, or remove it"),
        imported.problems());
  }

  @Test
  void evaluationsAndWhatTheyDecideAreCarried() throws Exception {
    String script =
        """
        swift sft --model base --dataset train.jsonl --val_dataset val.jsonl --max_length 512 \\
            --eval_strategy steps --save_steps 50 --save_strategy best --metric_for_best_model eval_token_acc \\
            --greater_is_better true --early_stop_interval 4 --load_best_model_at_end true
        """;
    SwiftImport imported = SwiftImport.of(script, "run.sh", folder);
    assertEquals(List.of(), imported.problems());
    RunConfig run = RunConfig.parse(imported.yaml(), "recipe", folder);
    assertEquals(50, run.evalEverySteps());
    assertEquals(Optional.of(4), run.training().evaluation().earlyStoppingPatience());
    assertTrue(run.training().evaluation().metric().isAccuracy());
    assertEquals(SavingConfig.Strategy.BEST, run.training().saving().saveStrategy());
    assertEquals(List.of("load_best_model_at_end"), List.copyOf(imported.left().keySet()));
    SwiftImport byEpoch =
        SwiftImport.of(
            script
                .replace("--eval_strategy steps", "--evaluation_strategy epoch")
                .replace("best ", "epoch "),
            "run.sh",
            folder);
    assertTrue(
        byEpoch.left().keySet().containsAll(List.of("evaluation_strategy", "save_strategy")),
        byEpoch.left()::toString);
  }

  @Test
  void severalDatasetsAreLeftToTheUser() throws Exception {
    SwiftImport imported =
        SwiftImport.of(
            "swift sft --model base --max_length 8 --dataset a.jsonl b.jsonl", "run.sh", folder);
    assertTrue(String.valueOf(imported.left().get("dataset")).contains("data.fusion"));
    assertTrue(imported.problems().toString().contains("data.train_jsonl is missing"));
  }

  @Test
  void whatIsNeitherIsRefused() {
    assertThrows(ConfigException.class, () -> SwiftImport.of("- a\n- b\n", "list.yaml", folder));
  }
}
