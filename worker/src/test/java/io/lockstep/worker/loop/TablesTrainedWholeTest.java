package io.lockstep.worker.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.geometry.Geometry;
import io.lockstep.model.checkpoint.AdapterMerge;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.UntiedModel;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import io.lockstep.worker.config.RunConfig;
import io.lockstep.worker.loader.RunData;
import io.lockstep.worker.step.TrainingRank;
import io.lockstep.worker.step.WorldFigures;
import io.lockstep.worker.testing.LocalRanks;
import io.lockstep.worker.tuning.TuningPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embedding table and head in {@code modules_to_save}, of a model that has both. */
class TablesTrainedWholeTest {

  private static final int STEPS = 2;
  private static final String TABLE = "model.language_model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";

  @TempDir private Path folder = Path.of("");

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void bothAreTrainedStoredAsThePublicLibraryDoesLoadedAndMerged() throws Exception {
    RunConfig run = run(", target_modules: [q_proj]");
    Path base = run.model().model();
    Path adapter = Files.createDirectory(folder.resolve("adapter"));
    float[] logits = trained(run, adapter);
    try (SafetensorsFile tensors =
        SafetensorsFile.open(adapter.resolve("adapter_model.safetensors"))) {
      // Names of PEFT's save_pretrained.
      assertTrue(
          tensors
              .names()
              .containsAll(Set.of("base_model.model." + TABLE, "base_model.model." + HEAD)),
          tensors.names().toString());
    }
    assertArrayEquals(logits, logits(adapter));
    Path merged = folder.resolve("merged");
    new AdapterMerge(base, adapter, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
        .write(merged, (name, count) -> {});
    Map<String, float[]> before = tables(base);
    Map<String, float[]> after = tables(merged);
    for (String table : List.of(TABLE, HEAD)) {
      assertFalse(Arrays.equals(before.get(table), after.get(table)), table + " was trained");
    }
    assertFalse(Arrays.equals(after.get(TABLE), after.get(HEAD)), "each for itself");
  }

  @Test
  void anAdapterOfTablesAloneIsTheSameMerged() throws Exception {
    RunConfig run = run(", target_regex: '^$'");
    Path adapter = Files.createDirectory(folder.resolve("adapter"));
    float[] logits = trained(run, adapter);
    assertTrue(
        Files.readString(adapter.resolve("adapter_config.json")).contains("dummy-target-modules"));
    try (SafetensorsFile tensors =
        SafetensorsFile.open(adapter.resolve("adapter_model.safetensors"))) {
      assertEquals(
          Set.of("base_model.model." + TABLE, "base_model.model." + HEAD),
          Set.copyOf(tensors.names()));
    }
    assertArrayEquals(logits, logits(adapter));
    Path merged = folder.resolve("merged");
    new AdapterMerge(run.model().model(), adapter, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
        .write(merged, (name, count) -> {});
    assertArrayEquals(logits, logits(merged), "there is no update that rounds");
  }

  /** Trains, saves, and returns what the trained model computes. */
  private static float[] trained(RunConfig run, Path adapter) throws Exception {
    WorldFigures figures = new WorldFigures(1, STEPS);
    try (RunData data = new RunData(run);
        TrainingRank rank =
            new TrainingRank(
                run,
                () -> TuningPlan.of(run).load(run),
                data::microBatches,
                STEPS,
                LocalRanks.alone())) {
      for (int step = 0; step < STEPS; step++) {
        try (Scope scope = Scope.open()) {
          rank.apply(figures.commit(step, rank.reduce(step)));
        }
      }
      var _ = rank.model().save(adapter);
      return GoldenBatch.of(GoldenFamily.QWEN3_VL).logits(rank.model().network());
    }
  }

  private static float[] logits(Path model) throws Exception {
    try (LoadedModel opened = LoadedModel.open(model)) {
      return GoldenBatch.of(GoldenFamily.QWEN3_VL).logits(opened.network());
    }
  }

  private static Map<String, float[]> tables(Path model) throws Exception {
    try (LoadedModel opened = LoadedModel.open(model)) {
      return Map.of(
          TABLE, Buffer.of(opened.parameters().get(TABLE)).floats().toArray(),
          HEAD, Buffer.of(opened.parameters().get(HEAD)).floats().toArray());
    }
  }

  private RunConfig run(String targets) throws Exception {
    Path base = UntiedModel.copy(GoldenFamily.QWEN3_VL, folder.resolve("base"));
    Path data =
        ShortTraining.pictures(
            folder, new Geometry.Box(5, 5, 30, 30), new Geometry.Box(40, 30, 60, 60));
    return RunConfig.parse(
        """
        global_max_length: 512
        model: {model: %s}
        data: {train_jsonl: %s, template: target_dense}
        training: {seed: 5, max_steps: %d, per_device_train_batch_size: 4, gradient_accumulation_steps: 1, logging_steps: 1, learning_rate: 1.0e-2, warmup_ratio: 0}
        tuner: {train_type: lora, lora_rank: 2, lora_dropout: 0, modules_to_save: [embed_tokens, lm_head]%s}
        """
            .formatted(base, data, STEPS, targets),
        "test",
        folder);
  }
}
