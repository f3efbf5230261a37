package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import io.lockstep.data.file.FileWrites;
import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.Beginning;
import io.lockstep.model.adapter.SeededDropout;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.align.AlignmentReport;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.certificate.CertificateCheck;
import io.lockstep.model.align.certificate.CertificateWriter;
import io.lockstep.model.align.certificate.Probe;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.Computing;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.objective.Objective;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.StoredValues;
import io.lockstep.model.segment.SegmentWeights;
import io.lockstep.model.segment.SegmentedModel;
import io.lockstep.model.testing.ExpertModel;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that are held in bfloat16 compute the bits of those that are rounded at each use. */
class HeldTypesTest {

  private static final String QUERY = "model.language_model.layers.0.self_attn.q_proj.weight";
  private static final String KERNEL = "model.visual.patch_embed.proj.weight";

  @TempDir private Path dir;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  /** What a step finds: sums of the objective, then gradients by the number of their slot. */
  private record Step(String sums, SortedMap<Integer, float[]> gradients) {

    static Step of(LoadedModel model, Batch batch) {
      SortedMap<Integer, float[]> gradients = new TreeMap<>();
      ModelConfig config = model.config().computingIn(Dtype.BFLOAT16);
      io.lockstep.model.batch.Targets targets = io.lockstep.model.batch.Targets.of(batch);
      SegmentedModel.Outcome outcome =
          new SegmentedModel(config, model.trainable(), false, Objective.CROSS_ENTROPY)
              .pass(
                  batch,
                  targets,
                  new int[0],
                  Objective.CROSS_ENTROPY.factorsAlone(batch, targets),
                  new SeededDropout.Pass(1, 0, 0, 0),
                  SegmentWeights.resident(model.trainable().trained()),
                  (segment, ofSegment) -> {
                    for (int i = 0; i < ofSegment.size(); i++) {
                      gradients.put(segment.firstSlot() + i, ofSegment.get(i).toFloatArray());
                    }
                  });
      return new Step(outcome.total().toString(), gradients);
    }

    void assertSame(Step other) {
      assertEquals(sums, other.sums);
      assertEquals(gradients.keySet(), other.gradients.keySet());
      assertFalse(gradients.isEmpty());
      gradients.forEach((slot, values) ->
          assertArrayEquals(values, Objects.requireNonNull(other.gradients.get(slot))));
    }
  }

  /** The second one holds what it can in bfloat16. */
  private record Both(LoadedModel wide, LoadedModel narrow) implements AutoCloseable {
    static Both open(Path folder, Tuning tuning) throws IOException {
      return new Both(
          LoadedModel.open(folder, tuning, Computing.in(Dtype.FLOAT32)),
          LoadedModel.open(folder, tuning, Computing.in(Dtype.BFLOAT16)));
    }

    void assertSameSteps(Batch batch) {
      Step.of(wide, batch).assertSame(Step.of(narrow, batch));
    }

    Dtype held(String parameter) {
      return Dtype.of(narrow.parameters().get(parameter));
    }

    @Override
    public void close() {
      wide.close();
      narrow.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"QWEN3_VL, DORA, FLOAT32", "QWEN2_5_VL, LORA, BFLOAT16"})
  void stepsOfAnAdapterAreTheSame(GoldenFamily family, GoldenAdapter adapter, Dtype adapted)
      throws IOException {
    Batch batch = GoldenBatch.of(family).batch();
    Tuning stored = new Tuning.StoredAdapter(adapter.folder(family));
    try (Both both = Both.open(family.checkpoint(), stored)) {
      assertEquals(Dtype.BFLOAT16, both.held("model.language_model.embed_tokens.weight"));
      assertEquals(adapted, both.held(QUERY));
      both.assertSameSteps(batch);
    }
    // Where the files hold bfloat16, it loses nothing.
    try (Both both = Both.open(inBfloat16(family), stored)) {
      assertEquals(Dtype.BFLOAT16, both.held(QUERY));
      both.assertSameSteps(batch);
    }
  }

  @Test
  void stepsOfAdaptersOnExpertsAndBiasesAreTheSame() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    Path folder = ExpertModel.withWeights(dir.resolve("experts"));
    ModelConfig config = ModelFamilies.read(folder.resolve("config.json"));
    AdapterPlan plan =
        AdapterPlan.of(
            AdapterConfig.of(4, 8, new Targets.AllLinear())
                .withParameters(List.of("mlp.experts.down_proj"))
                .withBiases(AdapterConfig.Biases.ALL),
            config.layout(),
            Set.of());
    try (Both both = Both.open(folder, new Tuning.NewAdapter(plan, 3))) {
      assertEquals(
          Dtype.BFLOAT16, both.held("model.language_model.layers.0.mlp.experts.down_proj"));
      both.assertSameSteps(GoldenBatch.of(family).batch());
    }
  }

  @ParameterizedTest
  @EnumSource
  void stepsBesideAFrozenTowerAreTheSameAndItIsSavedAsItWas(GoldenFamily family)
      throws IOException {
    Tuning frozen = new Tuning.Full(Set.of(Module.VIT));
    Batch batch = GoldenBatch.of(family).batch();
    try (Both both = Both.open(family.checkpoint(), frozen)) {
      assertEquals(Dtype.FLOAT32, both.held(KERNEL), "its values are written to checkpoints");
      both.assertSameSteps(batch);
      assertSaved(family.checkpoint(), both.narrow());
    }
    Path narrow = inBfloat16(family);
    try (Both both = Both.open(narrow, frozen)) {
      assertEquals(Dtype.BFLOAT16, both.held(KERNEL));
      assertEquals(Dtype.FLOAT32, both.held(QUERY));
      both.assertSameSteps(batch);
      assertSaved(narrow, both.narrow());
    }
  }

  private void assertSaved(Path base, LoadedModel model) throws IOException {
    Path saved = Files.createTempDirectory(dir, "saved");
    var _ = model.save(saved);
    try (SafetensorsFile before = SafetensorsFile.open(base.resolve("model.safetensors"));
        SafetensorsFile after = SafetensorsFile.open(saved.resolve("model.safetensors"))) {
      for (String name : before.names()) {
        assertEquals(DType.F32, after.info(name).dtype());
        assertTrue(before.values(name).equalNumbers(after.values(name)), name);
      }
    }
  }

  @Test
  void whatIsServedIsTheSame() throws IOException {
    for (GoldenFamily family : GoldenFamily.values()) {
      assertServed(family, family.checkpoint());
    }
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    assertServed(family, GoldenAdapter.DORA.folder(family));
  }

  private static void assertServed(GoldenFamily family, Path folder) throws IOException {
    GoldenBatch batch = GoldenBatch.of(family);
    try (LoadedModel wide = LoadedModel.open(folder, Computing.in(Dtype.FLOAT32));
        LoadedModel narrow = LoadedModel.open(folder, Computing.in(Dtype.BFLOAT16))) {
      VisionLanguageModel roundedAtEachUse =
          new VisionLanguageModel(narrow.config(), wide.trainable().inference());
      assertArrayEquals(batch.logits(roundedAtEachUse), batch.logits(narrow.network()));
      assertEquals(
          Dtype.BFLOAT16,
          Dtype.of(narrow.parameters().get("model.language_model.embed_tokens.weight")));
      IllegalStateException refused =
          assertThrows(IllegalStateException.class, () -> narrow.save(Path.of("never-written")));
      assertTrue(String.valueOf(refused.getMessage()).contains("rounded to bfloat16"));
    }
  }

  /** Of an adapter's checkpoint on a base model whose values bfloat16 does not hold. */
  @Test
  void aCertificateIsReproducedToTheBit() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    Path saved = Files.createDirectory(dir.resolve("checkpoint"));
    Tuning stored = new Tuning.StoredAdapter(GoldenAdapter.LORA.folder(family));
    try (LoadedModel model =
        LoadedModel.open(family.checkpoint(), stored, Computing.in(Dtype.BFLOAT16))) {
      var _ = model.save(saved);
      FileWrites.text(saved.resolve("run.yaml"), "model: {torch_dtype: bfloat16}\n");
      Probe probe =
          new Probe("record 0", Probe.Task.OTHER, family.conversations().getFirst().answered());
      var _ = CertificateWriter.write(saved, model, List.of(probe));
    }
    try (LoadedModel served = LoadedModel.open(saved)) {
      AlignmentReport report =
          CertificateCheck.run(saved, served, LoadedModel.storedSha256(saved), null).report();
      assertTrue(report.agrees(), report::table);
      assertTrue(
          report.comparisons().stream()
              .filter(row -> row.what().startsWith("training"))
              .allMatch(row -> row.verdict() == Comparison.Verdict.IDENTICAL),
          report::table);
    }
  }

  @ParameterizedTest
  @CsvSource({"pissa, false", "olora, true"})
  void anAdapterBeginsAtTheValuesOfTheFiles(String way, boolean dora) throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    AdapterPlan plan =
        AdapterPlan.of(
            AdapterConfig.of(4, 6, new Targets.Names(List.of("q_proj", "down_proj")))
                .withBeginning(Beginning.of(way).orElseThrow())
                .withDora(dora)
                .withModulesToSave(List.of("merger")),
            ModelFamilies.read(family.checkpoint().resolve("config.json")).layout(),
            Set.of());
    try (Both both = Both.open(family.checkpoint(), new Tuning.NewAdapter(plan, 7))) {
      assertTrue(
          Buffer.of(both.wide().trainable().trained().flat())
              .hasSameBytes(Buffer.of(both.narrow().trainable().trained().flat())));
      both.assertSameSteps(GoldenBatch.of(family).batch());
    }
  }

  /** Certificates measure in float32 how far errors spread: in the weights as they are stored. */
  @Test
  void theValuesOfTheFilesCanStillBeHad() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    Tuning stored = new Tuning.StoredAdapter(GoldenAdapter.LORA.folder(family));
    try (Both both = Both.open(family.checkpoint(), stored);
        OriginalWeights originals = both.narrow().originals();
        Scope scope = Scope.open()) {
      int rounded = 0;
      for (ParameterLayout.Slot slot : both.wide().parameters().layout().slots()) {
        String name = slot.spec().name();
        Buffer wanted = Buffer.of(both.wide().parameters().get(name));
        assertTrue(Buffer.of(originals.get(name)).hasSameBytes(wanted), name);
        NDArray held = both.narrow().parameters().get(name);
        rounded += Dtype.of(held) == Dtype.BFLOAT16 ? 1 : 0;
      }
      assertEquals(both.wide().parameters().layout().slots().size(), rounded);
      assertThrows(IllegalStateException.class, () -> both.narrow().parameters().flat());
    }
  }

  @Test
  void bytesAreThoseThatAreHeld() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    ModelConfig config =
        ModelFamilies.read(family.checkpoint().resolve("config.json")).computingIn(Dtype.BFLOAT16);
    ParameterLayout layout = config.layout();
    long all = layout.elements();
    List<ParameterLayout.Slot> slots = layout.slots();
    HeldTypes served = HeldTypes.ofInference(config, Tuning.full());
    assertEquals(2 * all, served.bytes(slots, "float32"));
    HeldTypes frozen = HeldTypes.ofTraining(config, new Tuning.Full(Set.of(Module.VIT)));
    assertEquals(2 * all, frozen.bytes(slots, "bfloat16"));
    long tower = all - layout.without(Set.of(Module.VIT)).elements();
    assertEquals(2 * all + 2 * tower, frozen.bytes(slots, "float32"));
    HeldTypes wide = HeldTypes.ofInference(config.computingIn(Dtype.FLOAT32), Tuning.full());
    assertEquals(4 * all, wide.bytes(slots, "bfloat16"));
  }

  /** A copy of a family's model whose file holds bfloat16. */
  private Path inBfloat16(GoldenFamily family) throws IOException {
    Path folder =
        Folders.copy(family.checkpoint(), Files.createTempDirectory(dir, "b").resolve("m"));
    ModelConfig config = ModelFamilies.read(folder.resolve("config.json"));
    ModelWeights weights = new ModelWeights(config);
    try (Parameters parameters = weights.read(folder, config.layout())) {
      Files.delete(folder.resolve("model.safetensors"));
      var _ =
          weights.write(
              folder,
              config.layout(),
              (spec, sink) -> sink.take(StoredValues.of(Buffer.of(parameters.get(spec.name())))),
              DType.BF16,
              ModelWeights.MAX_SHARD_BYTES);
    }
    return folder;
  }
}
