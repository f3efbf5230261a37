package io.lockstep.model.adapter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.checkpoint.LoadedModel;
import io.lockstep.model.checkpoint.Tuning;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenBeginning;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters that begin at a part of their weights, beside those of the public library. */
@Tag("numeric")
class BeginningTest {

  private static final Beginning PISSA = new Beginning.Pissa(OptionalInt.empty());
  private static final Targets TARGETS =
      Targets.Regex.of(
          ".*language_model.*\\.(q_proj|v_proj|down_proj)|.*visual\\.blocks.*\\.(qkv|proj|linear_fc2|up_proj)");

  /** The public library computes in float32. */
  private static final double FLOAT32 = 1e-4;

  /** Of logits up to 13. */
  private static final float LOGITS = 1e-4f;

  @TempDir Path folder;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @CsvSource({"QWEN3_VL, pissa", "QWEN3_VL, olora", "QWEN2_5_VL, pissa", "QWEN2_5_VL, olora"})
  void tensorsBeginAsInThePublicLibraryButForSigns(GoldenFamily family, String way)
      throws Exception {
    GoldenBeginning golden = new GoldenBeginning(family, way);
    try (LoadedModel model = open(family, config(way));
        SafetensorsFile expected = SafetensorsFile.open(golden.begin())) {
      AdapterPlan plan = model.trainable().adapter().orElseThrow().plan();
      Parameters begun = model.trainable().trained();
      assertEquals(expected.names(), begun.byName().keySet().stream().sorted().toList());
      for (AdapterPlan.Layer layer : plan.layers()) {
        float[] downs = Goldens.floats(expected, layer.down());
        float[] ups = Goldens.floats(expected, layer.up());
        float[] ownDowns = Buffer.of(begun.get(layer.down())).floats().toArray();
        float[] ownUps = Buffer.of(begun.get(layer.up())).floats().toArray();
        for (int k = 0; k < layer.rank(); k++) {
          int in = Math.toIntExact(layer.in());
          double sign = same(downs, ownDowns, k * in, 1, in, 0);
          same(ups, ownUps, k, layer.rank(), Math.toIntExact(layer.out()), sign);
        }
      }
    }
  }

  /** Compares vectors up to a sign, or with that sign, which it returns. */
  private static double same(
      float[] wanted, float[] found, int first, int stride, int count, double known) {
    double both = 0;
    double norm = 0;
    for (int i = 0; i < count; i++) {
      both += (double) wanted[first + i * stride] * found[first + i * stride];
      norm += Math.pow(wanted[first + i * stride], 2);
    }
    double sign = known == 0 ? Math.signum(both) : known;
    double error = 0;
    for (int i = 0; i < count; i++) {
      error += Math.pow(wanted[first + i * stride] - sign * found[first + i * stride], 2);
    }
    assertTrue(Math.sqrt(error / norm) < FLOAT32, () -> "differs");
    return sign;
  }

  @ParameterizedTest
  @CsvSource({"pissa, false", "pissa, true", "pissa_niter_3, false", "olora, false", "olora, true"})
  void nothingChangesBeforeItIsTrainedAndBaseWeightsNever(String way, boolean dora)
      throws Exception {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    GoldenBatch batch = GoldenBatch.of(family);
    try (LoadedModel base = LoadedModel.open(family.checkpoint());
        LoadedModel model =
            open(
                family,
                AdapterConfig.of(4, 6, TARGETS)
                    .withBeginning(Beginning.of(way).orElseThrow())
                    .withDora(dora))) {
      assertArrayEquals(batch.logits(base.network()), batch.logits(model.network()), LOGITS);
      assertTrue(
          Buffer.of(base.parameters().flat()).hasSameBytes(Buffer.of(model.parameters().flat())));
    }
  }

  @ParameterizedTest
  @CsvSource({"QWEN3_VL, pissa", "QWEN3_VL, olora", "QWEN2_5_VL, pissa", "QWEN2_5_VL, olora"})
  void whatThePublicLibraryConvertsGivesItsLogitsHere(GoldenFamily family, String way)
      throws Exception {
    GoldenBeginning golden = new GoldenBeginning(family, way);
    GoldenBatch batch = GoldenBatch.of(family);
    try (LoadedModel model = LoadedModel.open(golden.folder());
        SafetensorsFile forward =
            SafetensorsFile.open(golden.folder().resolve("forward.safetensors"))) {
      float[] all = batch.logits(model.network());
      float[] expected = Goldens.floats(forward, "last_logits");
      int positions = Math.toIntExact(forward.info("last_logits").shape().get(1));
      int vocabulary = Math.toIntExact(forward.info("last_logits").shape().get(2));
      int length = batch.batch().length();
      for (int row = 0; row < batch.batch().rows(); row++) {
        int from = ((row + 1) * length - positions) * vocabulary;
        for (int i = 0; i < positions * vocabulary; i++) {
          assertEquals(expected[row * positions * vocabulary + i], all[from + i], LOGITS);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsStoredIsTheConvertedAdapterOfThePublicLibrary(GoldenFamily family) throws Exception {
    for (String way : List.of("pissa", "olora")) {
      AdapterConfig wanted = AdapterConfig.read(new GoldenBeginning(family, way).folder());
      Path target = Files.createDirectory(folder.resolve(way));
      GoldenBatch batch = GoldenBatch.of(family);
      try (LoadedModel model = open(family, config(way))) {
        var _ = model.save(target);
        AdapterConfig stored = AdapterConfig.read(target);
        assertEquals(wanted.withBase(stored.base().orElseThrow()), stored);
        try (LoadedModel again = LoadedModel.open(target)) {
          assertArrayEquals(batch.logits(model.network()), batch.logits(again.network()));
        }
      }
    }
  }

  @Test
  void valuesDependOnSeedAndNameAlone() throws Exception {
    AdapterConfig config =
        AdapterConfig.of(3, 6, TARGETS).withBeginning(new Beginning.Pissa(OptionalInt.of(1)));
    AdapterConfig fewer =
        config.withTargets(new Targets.Names(List.of("layers.2.self_attn.q_proj")));
    try (LoadedModel all = open(GoldenFamily.QWEN3_VL, config);
        LoadedModel one = open(GoldenFamily.QWEN3_VL, fewer)) {
      assertEquals(2, one.trainable().trained().byName().size());
      one.trainable()
          .trained()
          .byName()
          .forEach((name, values) ->
              assertTrue(
                  Buffer.of(values).hasSameBytes(Buffer.of(all.trainable().trained().get(name))),
                  name));
    }
  }

  @Test
  void whatCanNotBeginSoIsRefusedByName() {
    AdapterConfig config = AdapterConfig.of(4, 6, TARGETS).withBeginning(PISSA);
    assertRefused(
        AdapterConfig.of(49, 6, TARGETS).withBeginning(PISSA),
        "init_weights pissa needs ranks of at most the smaller side of a weight",
        " more: lower lora_rank");
    assertRefused(
        config.withPatterns(new LinkedHashMap<>(), patterns(Map.of("q_proj", 0.0))),
        "needs a lora_alpha above 0, but it is 0 for model.language_model.layers.0.self_attn.q_proj");
  }

  private static SequencedMap<String, Double> patterns(Map<String, Double> patterns) {
    return new LinkedHashMap<>(patterns);
  }

  private static void assertRefused(AdapterConfig config, String... parts) {
    InvalidAdapterException refused =
        assertThrows(
            InvalidAdapterException.class, () -> open(GoldenFamily.QWEN3_VL, config).close());
    for (String part : parts) {
      assertTrue(String.valueOf(refused.getMessage()).contains(part), refused::getMessage);
    }
  }

  private static AdapterConfig config(String way) {
    return way.equals("pissa")
        ? AdapterConfig.of(4, 6, TARGETS).withRankStabilised(true).withBeginning(PISSA)
        : AdapterConfig.of(4, 4, TARGETS)
            .withBeginning(new Beginning.Olora())
            .withPatterns(
                new LinkedHashMap<>(Map.of("layers\\.1\\.self_attn\\.q_proj", 3)),
                patterns(Map.of("v_proj", 5.0)));
  }

  private static LoadedModel open(GoldenFamily family, AdapterConfig config) throws IOException {
    AdapterPlan plan;
    try (LoadedModel base = LoadedModel.open(family.checkpoint())) {
      plan = AdapterPlan.of(config, base.parameters().layout(), Set.of());
    }
    return LoadedModel.open(family.checkpoint(), new Tuning.NewAdapter(plan, 5));
  }
}
