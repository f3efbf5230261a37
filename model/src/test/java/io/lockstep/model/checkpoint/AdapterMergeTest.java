package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.TensorSource;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A merged model computes what base model and adapter compute together. */
class AdapterMergeTest {

  /** Logits reach 13; those of Qwen2.5-VL spread more where sums are rounded in another order. */
  private static final Map<GoldenFamily, Double> LOGIT_TOLERANCE =
      Map.of(GoldenFamily.QWEN3_VL, 2e-5, GoldenFamily.QWEN2_5_VL, 1e-4);

  private static final long SHARD_BYTES = 700_000;
  private static final long SAMPLED_EVERY = 8;

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
  void mergedLogitsEqualThoseOfTheAdapter(GoldenFamily family, GoldenAdapter adapter)
      throws IOException {
    Path out = temporary.resolve("merged");
    AdapterMerge.Counts counts =
        merge(family.checkpoint(), adapter.folder(family), DType.F32).write(out, (name, n) -> {});
    GoldenBatch batch = GoldenBatch.of(family);
    float[] together;
    Tuning tuning = new Tuning.StoredAdapter(adapter.folder(family));
    try (LoadedModel model = LoadedModel.open(family.checkpoint(), tuning)) {
      together = batch.logits(model.network());
      assertEquals(model.parameters().layout().slots().size(), counts.parameters());
    }
    try (LoadedModel merged = LoadedModel.open(out)) {
      double worst = batch.worstDifference(together, batch.logits(merged.network()));
      assertTrue(worst <= LOGIT_TOLERANCE.getOrDefault(family, 0.0), "logits differ by " + worst);
    }
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

  /**
   * Memory that is no file's is what the tensors and the Java heap take; the heap's part varies by
   * a few megabytes, so that the limit is a third of what holding all weights would take.
   */
  @Test
  void memoryStaysFlatHoweverManyTensorsThereAre() throws IOException {
    WideModel wide = WideModel.create(temporary);
    AdapterMerge merge = merge(wide.base(), wide.adapter(), DType.F32);
    var _ = merge.write(temporary.resolve("first"), (name, n) -> {});
    List<Long> anonymous = new ArrayList<>();
    AdapterMerge.Counts counts =
        merge.write(
            temporary.resolve("second"),
            (name, n) -> {
              if (n % SAMPLED_EVERY == 1) {
                anonymous.add(WideModel.anonymousBytes());
              }
            });
    assertEquals(wide.adaptedLayers(), counts.changed());
    long grown = Collections.max(anonymous) - anonymous.getFirst();
    assertTrue(
        grown < wide.weightBytes() / 3,
        grown + " bytes more on the way to weights of " + wide.weightBytes());
  }

  private static AdapterMerge merge(Path base, Path adapter, DType type) {
    return new AdapterMerge(base, adapter, type, AdapterMerge.DEFAULT_SHARD_BYTES);
  }
}
