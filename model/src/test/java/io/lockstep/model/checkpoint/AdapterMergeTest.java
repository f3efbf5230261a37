package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.align.Compare;
import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.align.Comparison;
import io.lockstep.model.align.Comparison.Kind;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.model.testing.ExactValues;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A merged model computes what base model and adapter compute together. */
@Tag("numeric")
class AdapterMergeTest {

  /**
   * What a merged weight may differ by from the public library's, as a share of the largest of its
   * row: 16 roundings. A weight is a sum of five products; DoRA divides by norms of rows. In which
   * order all that is added depends on the kernels.
   */
  private static final double OF_THE_ROW = 0x1p-20;

  private static final long SHARD_BYTES = 700_000;

  @TempDir Path temporary;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  private static Stream<Arguments> everyAdapter() {
    return Stream.of(GoldenFamily.values())
        .flatMap(family ->
            Stream.of(GoldenAdapter.values()).map(adapter -> Arguments.of(family, adapter)));
  }

  @ParameterizedTest
  @MethodSource("everyAdapter")
  void mergedLogitsAreThoseOfTheAdapter(GoldenFamily family, GoldenAdapter adapter)
      throws IOException {
    Path out = temporary.resolve("merged");
    AdapterMerge.Counts counts =
        merge(family.checkpoint(), adapter.folder(family), DType.F32).write(out, (name, n) -> {});
    GoldenBatch batch = GoldenBatch.of(family);
    try (LoadedModel base = LoadedModel.open(family.checkpoint());
        LoadedModel merged = LoadedModel.open(out)) {
      assertEquals(base.parameters().layout().slots().size(), counts.parameters());
      assertLogits(family, adapter.exact(), batch.logits(merged.network()));
    }
  }

  @ParameterizedTest
  @MethodSource("everyAdapter")
  void mergedModelsAreThoseOfThePublicLibrary(GoldenFamily family, GoldenAdapter adapter)
      throws IOException {
    Path out = temporary.resolve("merged");
    var _ =
        merge(family.checkpoint(), adapter.folder(family), DType.F32).write(out, (name, n) -> {});
    try (LoadedModel merged = LoadedModel.open(out);
        LoadedModel base = LoadedModel.open(family.checkpoint());
        SafetensorsFile golden = SafetensorsFile.open(adapter.merged(family))) {
      for (ParameterLayout.Slot slot : base.parameters().layout().slots()) {
        String name = slot.spec().name();
        Floats actual = floats(slot, merged.parameters().get(name).toFloatArray());
        Comparison comparison =
            golden.contains(name)
                ? Compare.close(
                    name,
                    Kind.LAYER,
                    floats(slot, Goldens.floats(golden, name)),
                    actual,
                    row -> true,
                    row -> OF_THE_ROW)
                : Compare.exact(
                    name,
                    Kind.LAYER,
                    floats(slot, base.parameters().get(name).toFloatArray()),
                    actual);
        assertTrue(comparison.agrees(), comparison::toString);
      }
      float[] logits = GoldenBatch.of(family).logits(merged.network());
      assertLogits(family, adapter.exactMerged(), logits);
    }
  }

  private static void assertLogits(GoldenFamily family, String exact, float[] actual)
      throws IOException {
    Comparison comparison =
        ExactValues.of(family, exact).lastLogits(exact, GoldenBatch.of(family), actual);
    assertTrue(comparison.agrees(), comparison::toString);
  }

  private static Floats floats(ParameterLayout.Slot slot, float[] values) {
    return Floats.of(values, slot.spec().dimensions());
  }

  @Test
  void shardsInAndOutHoldTheSameBits() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN2_5_VL;
    Path adapter = GoldenAdapter.DORA.folder(family);
    Path shards = Files.createDirectory(temporary.resolve("shards"));
    try (LoadedModel model = LoadedModel.open(family.checkpoint())) {
      assertTrue(model.save(shards, SHARD_BYTES).contains(TensorSource.INDEX_FILE));
    }
    Path whole = temporary.resolve("whole");
    Path cut = temporary.resolve("cut");
    var _ = merge(family.checkpoint(), adapter, DType.F32).write(whole, (name, n) -> {});
    var _ = new AdapterMerge(shards, adapter, DType.F32, SHARD_BYTES).write(cut, (name, n) -> {});
    assertTrue(Files.exists(cut.resolve(TensorSource.INDEX_FILE)));
    assertEquals(LoadedModel.storedSha256(whole), LoadedModel.storedSha256(cut));
  }

  @Test
  void weightsAreRoundedOnlyIfThatIsAskedFor() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    Path adapter = GoldenAdapter.LORA.folder(family);
    Path half = temporary.resolve("half");
    var _ = merge(family.checkpoint(), adapter, DType.BF16).write(half, (name, n) -> {});
    assertTrue(Files.readString(half.resolve("config.json")).contains("\"bfloat16\""));
    try (TensorSource tensors = TensorSource.openFolder(half)) {
      assertTrue(
          tensors.names().stream().allMatch(name -> tensors.info(name).dtype() == DType.BF16));
    }
    try (LoadedModel reopened = LoadedModel.open(half)) {
      assertEquals(family.modelType(), reopened.config().modelType());
    }
  }

  @Test
  void theAdaptersPromptsAndBudgetGoWithTheMergedModel() throws IOException {
    GoldenFamily family = GoldenFamily.QWEN3_VL;
    Path base = Folders.copy(family.checkpoint(), temporary.resolve("base"));
    Path adapter = Folders.copy(GoldenAdapter.LORA.folder(family), temporary.resolve("adapter"));
    Files.writeString(base.resolve("run.yaml"), "prompts: {user: of the base}\n");
    Files.writeString(adapter.resolve("run.yaml"), "prompts: {user: of the adapter}\n");
    Files.writeString(adapter.resolve("vision.json"), "{\"token_budget\": 0.5}");
    Path out = temporary.resolve("merged");
    var _ = merge(base, adapter, DType.F32).write(out, (name, n) -> {});
    assertTrue(Files.readString(out.resolve("run.yaml")).contains("of the adapter"));
    try (LoadedModel merged = LoadedModel.open(out)) {
      assertEquals(0.5, merged.tokenBudget().share());
    }
  }

  @Test
  void nothingIsLeftOfAMergeThatFails() throws IOException {
    Path adapter = GoldenAdapter.LORA.folder(GoldenFamily.QWEN3_VL);
    Path other = GoldenFamily.QWEN2_5_VL.checkpoint();
    AdapterMerge wrong = merge(other, adapter, DType.F32);
    Path out = temporary.resolve("merged");
    assertThrows(InvalidAdapterException.class, () -> wrong.write(out, (name, n) -> {}));
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
    Files.createDirectory(out);
    assertThrows(
        FileAlreadyExistsException.class,
        () -> merge(other, adapter, DType.F32).write(out, (name, n) -> {}));
  }

  private static AdapterMerge merge(Path base, Path adapter, DType type) {
    return new AdapterMerge(base, adapter, type, AdapterMerge.DEFAULT_SHARD_BYTES);
  }
}
