package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.AdapterConfig.Biases;
import io.lockstep.model.checkpoint.AdapterMerge;
import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters that train biases, beside those of the public library. */
@Tag("numeric")
class TrainedBiasTest {

  private static final String PREFIX = "base_model.model.model.";
  private static final float LOGITS = 1e-4f;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @CsvSource({
    "QWEN3_VL, all",
    "QWEN3_VL, lora_only",
    "QWEN2_5_VL, all",
    "QWEN2_5_VL, lora_only",
  })
  void logitsAreThoseOfThePublicLibraryAlsoMerged(GoldenFamily family, String kind)
      throws Exception {
    Path adapter = family.file("biases/" + kind);
    Path merged = folder.resolve("merged");
    var _ =
        new AdapterMerge(family.checkpoint(), adapter, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
            .write(merged, (_, _) -> {});
    try (LoadedModel model = LoadedModel.open(adapter);
        LoadedModel whole = LoadedModel.open(merged);
        SafetensorsFile forward = SafetensorsFile.open(adapter.resolve("forward.safetensors"))) {
      assertLogits(family, model, forward);
      assertLogits(family, whole, forward);
    }
  }

  private static void assertLogits(GoldenFamily family, LoadedModel model, SafetensorsFile forward)
      throws Exception {
    GoldenBatch batch = GoldenBatch.of(family);
    float[] all = batch.logits(model.network());
    float[] expected = Goldens.floats(forward, "last_logits");
    int positions = Math.toIntExact(forward.info("last_logits").shape().get(1));
    int vocabulary = Math.toIntExact(forward.info("last_logits").shape().get(2));
    for (int row = 0; row < batch.batch().rows(); row++) {
      int from = ((row + 1) * batch.batch().length() - positions) * vocabulary;
      for (int i = 0; i < positions * vocabulary; i++) {
        assertEquals(expected[row * positions * vocabulary + i], all[from + i], LOGITS);
      }
    }
  }

  @Test
  void namesAreThoseOfThePublicLibraryAndFrozenPartsKeepTheirs() throws Exception {
    ParameterLayout layout = layout();
    AdapterConfig config = AdapterConfig.of(2, 4, new Targets.Names(List.of("q_proj", "qkv")));
    AdapterPlan own =
        AdapterPlan.of(config.withBiases(Biases.LORA_ONLY), layout, Set.of(Module.VIT));
    assertEquals(
        PREFIX + "language_model.layers.0.self_attn.q_proj.base_layer.bias",
        own.savedName("model.language_model.layers.0.self_attn.q_proj.bias"));
    assertTrue(own.replaced().stream().allMatch(name -> name.endsWith("q_proj.bias")));
    AdapterPlan all =
        AdapterPlan.of(config.withBiases(Biases.ALL), layout, Set.of(Module.VIT, Module.ALIGNER));
    assertEquals(
        PREFIX + "language_model.layers.0.self_attn.k_proj.bias",
        all.savedName("model.language_model.layers.0.self_attn.k_proj.bias"));
    assertTrue(all.replaced().stream().noneMatch(name -> name.contains("visual")));
    assertFalse(all.updates(Module.VIT));
    assertTrue(
        AdapterPlan.of(config.withBiases(Biases.ALL), layout, Set.of()).updates(Module.ALIGNER));
  }

  @Test
  void aFolderHoldsTheTrainedBiasesAloneAndMoreLayersKeepThem() throws Exception {
    AdapterConfig config =
        AdapterConfig.of(2, 4, new Targets.Names(List.of("q_proj"))).withBiases(Biases.ALL);
    Set<Module> frozen = Set.of(Module.VIT, Module.ALIGNER);
    AdapterPlan plan = AdapterPlan.of(config, layout(), frozen);
    Path base = GoldenFamily.QWEN2_5_VL.checkpoint();
    String key = "model.language_model.layers.1.self_attn.k_proj.bias";
    float[] trained;
    float[] logits;
    GoldenBatch batch = GoldenBatch.of(GoldenFamily.QWEN2_5_VL);
    Path stored = Files.createDirectory(folder.resolve("stored"));
    try (LoadedModel model = LoadedModel.open(base, new Tuning.NewAdapter(plan, 3));
        Scope scope = Scope.open()) {
      var bias = model.trainable().trained().get(Objects.requireNonNull(plan.savedName(key)));
      Ops.copyInto(bias, Ops.plus(bias, 0.25));
      trained = Buffer.of(bias).floats().toArray();
      logits = batch.logits(model.network());
      var _ = model.save(stored);
    }
    try (LoadedModel again = LoadedModel.open(stored)) {
      assertArrayEquals(logits, batch.logits(again.network()));
    }
    AdapterPlan read = AdapterPlan.read(stored, layout());
    assertEquals(plan.replaced(), read.replaced());
    AdapterPlan more =
        read.extended(new Targets.Names(List.of("k_proj")), List.of(), layout(), frozen);
    assertEquals(read.replaced(), more.replaced());
    try (LoadedModel extended =
        LoadedModel.open(base, new Tuning.ExtendedAdapter(stored, more, 4))) {
      assertArrayEquals(
          trained,
          Buffer.of(
                  extended
                      .trainable()
                      .trained()
                      .get(PREFIX + "language_model.layers.1.self_attn.k_proj.base_layer.bias"))
              .floats()
              .toArray());
      assertArrayEquals(logits, batch.logits(extended.network()), LOGITS);
    }
  }

  private static ParameterLayout layout() throws Exception {
    try (LoadedModel model = LoadedModel.open(GoldenFamily.QWEN2_5_VL.checkpoint())) {
      return model.parameters().layout();
    }
  }
}
