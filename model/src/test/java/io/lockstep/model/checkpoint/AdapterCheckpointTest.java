package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterFile;
import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.adapter.Targets;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.safetensors.DType;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.SafetensorsWriter;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.Foreign;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.UntiedModel;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A model with an adapter is saved as the adapter alone and opened from that folder. */
class AdapterCheckpointTest {

  private static final GoldenFamily FAMILY = GoldenFamily.QWEN3_VL;

  @TempDir Path temporary;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @ParameterizedTest
  @EnumSource
  void theSavedFolderOpensWithTheSameLogits(GoldenAdapter adapter) throws IOException {
    GoldenBatch batch = GoldenBatch.of(FAMILY);
    Path folder = Files.createDirectory(temporary.resolve("saved"));
    float[] logits;
    try (LoadedModel model = open(adapter)) {
      logits = batch.logits(model.network());
      List<String> files = model.save(folder);
      assertTrue(
          files.containsAll(List.of(AdapterConfig.FILE_NAME, AdapterFile.FILE_NAME)),
          files.toString());
      try (var present = Files.list(folder)) {
        assertEquals(files.size(), present.count());
      }
    }
    assertEquals(
        LoadedModel.storedSha256(adapter.folder(FAMILY)), LoadedModel.storedSha256(folder));
    try (LoadedModel again = LoadedModel.open(folder)) {
      assertArrayEquals(logits, batch.logits(again.network()));
    }
  }

  @Test
  void theTokenBudgetOfTheTrainingGoesWithTheAdapter() throws IOException {
    Path base = Folders.copy(FAMILY.checkpoint(), temporary.resolve("base"));
    Path folder = Files.createDirectory(temporary.resolve("saved"));
    Tuning tuning = new Tuning.StoredAdapter(GoldenAdapter.LORA.folder(FAMILY));
    try (LoadedModel model = LoadedModel.open(base, tuning)) {
      model.replaceTokenBudget(new TokenBudget(0.5), "test");
      model.save(folder);
    }
    try (LoadedModel again = LoadedModel.open(folder)) {
      assertEquals(new TokenBudget(0.5), again.tokenBudget());
    }
  }

  @Test
  void theSizesOfPicturesGoWithTheAdapterAndWithTheModel() throws IOException {
    Path base = Folders.copy(FAMILY.checkpoint(), temporary.resolve("base"));
    for (Tuning tuning :
        List.of(new Tuning.StoredAdapter(GoldenAdapter.LORA.folder(FAMILY)), Tuning.full())) {
      Path folder = Files.createTempDirectory(temporary, "saved");
      ImageOptions limited;
      try (LoadedModel model = LoadedModel.open(base, tuning)) {
        int token = model.pictures().factor() * model.pictures().factor();
        model.replacePixelLimits(Optional.of(2 * token), Optional.of(8 * token), "test");
        limited = model.pictures();
        assertEquals(8 * token, limited.maxPixels());
        assertTrue(
            model.encoder().grid(1024, 1024).patches()
                <= 8 * limited.mergeSize() * limited.mergeSize());
        List<String> files = model.save(folder);
        try (var present = Files.list(folder)) {
          assertEquals(files.size(), present.count());
        }
        assertThrows(
            IllegalArgumentException.class,
            () -> model.replacePixelLimits(Optional.of(9 * token), Optional.empty(), "test"));
      }
      try (LoadedModel again = LoadedModel.open(folder)) {
        assertEquals(limited, again.pictures());
      }
    }
  }

  @Test
  void otherBaseWeightsAreRefusedWithBothDigests() throws IOException {
    Path base = Folders.copy(FAMILY.checkpoint(), temporary.resolve("base"));
    Path folder = saved(base);
    String made = LoadedModel.storedSha256(base);
    try (LoadedModel changed = LoadedModel.initialise(base, 5)) {
      Files.delete(base.resolve("model.safetensors"));
      var _ =
          new ModelWeights(changed.config())
              .write(
                  base,
                  changed.parameters().layout(),
                  changed.parameters(),
                  ModelWeights.MAX_SHARD_BYTES);
    }
    String refused = refused(folder);
    assertTrue(refused.contains(made), refused);
    assertTrue(refused.contains(LoadedModel.storedSha256(base)), refused);
  }

  @Test
  void aBaseThatIsNotThereIsNamedWithTheWayOut() throws IOException {
    Path base = Folders.copy(FAMILY.checkpoint(), temporary.resolve("base"));
    Path folder = saved(base);
    Files.move(base, temporary.resolve("moved"));
    String refused = refused(folder);
    assertTrue(refused.contains("'" + base + "' is no folder with a whole model"), refused);
    assertTrue(refused.contains("lockstep export merge"), refused);

    Folders.replace(folder.resolve(AdapterConfig.FILE_NAME), base.toString(), "Public/Model-2B");
    assertTrue(refused(folder).contains("'Public/Model-2B' is no folder"), refused(folder));
  }

  @Test
  void aRelativeBaseIsRelativeToTheAdapter() throws IOException {
    Path base = Folders.copy(FAMILY.checkpoint(), temporary.resolve("base"));
    Path folder = saved(base);
    Folders.replace(folder.resolve(AdapterConfig.FILE_NAME), base.toString(), "../base");
    try (LoadedModel model = LoadedModel.open(folder)) {
      assertEquals(base, model.folder());
    }
  }

  @Test
  void tensorsThatDoNotFitTheConfigurationAreAllNamed() throws IOException {
    Path folder = Folders.copy(GoldenAdapter.DORA.folder(FAMILY), temporary.resolve("other"));
    Folders.replace(folder.resolve(AdapterConfig.FILE_NAME), "\"../checkpoint\"", "\"../base\"");
    var _ = Folders.copy(FAMILY.checkpoint(), temporary.resolve("base"));
    Folders.replace(folder.resolve(AdapterConfig.FILE_NAME), "\"r\": 4", "\"r\": 5");
    String shapes = refused(folder);
    assertTrue(
        shapes.contains(
            "visual.blocks.0.attn.qkv.lora_A.weight has shape [4, 48], the model and"
                + " adapter_config.json ask for [5, 48]"),
        shapes);
    assertTrue(shapes.contains("problems more"), shapes);

    Folders.replace(folder.resolve(AdapterConfig.FILE_NAME), "\"r\": 5", "\"r\": 4");
    Folders.replace(folder.resolve(AdapterConfig.FILE_NAME), "|v_proj|", "|layers.0.mlp.up_proj|");
    String names = refused(folder);
    assertTrue(names.contains("layers.0.mlp.up_proj.lora_A.weight [4, 64] is missing"), names);
    assertTrue(
        names.contains("layers.0.self_attn.v_proj.lora_B.weight belongs to no layer"), names);
  }

  @Test
  void anAdapterWithoutItsTensorsIsRefused() throws IOException {
    Path folder = Folders.copy(GoldenAdapter.LORA.folder(FAMILY), temporary.resolve("other"));
    Files.delete(folder.resolve(AdapterFile.FILE_NAME));
    Tuning tuning = new Tuning.StoredAdapter(folder);
    String message =
        Objects.requireNonNull(
            assertThrows(
                    InvalidAdapterException.class,
                    () -> LoadedModel.open(FAMILY.checkpoint(), tuning).close())
                .getMessage());
    assertTrue(message.contains(AdapterFile.FILE_NAME + " is missing"), message);
    Files.writeString(folder.resolve("adapter_model.bin"), "");
    message =
        Objects.requireNonNull(
            assertThrows(
                    InvalidAdapterException.class,
                    () -> LoadedModel.open(FAMILY.checkpoint(), tuning).close())
                .getMessage());
    assertTrue(message.contains("there is adapter_model.bin, a pickle"), message);
    assertTrue(message.contains("safe_serialization=True"), message);
  }

  @Test
  void tensorsOfOtherNamesAreShownBesideThoseThatAreExpected() throws IOException {
    Path folder = saved(Folders.copy(FAMILY.checkpoint(), temporary.resolve("base")));
    rewrite(folder, name -> name.replace("base_model.model.", ""), Map.of());
    String refused = refused(folder);
    assertTrue(
        refused.contains(
            "it has model.language_model.layers.0.mlp.down_proj.lora_A.weight where"
                + " base_model.model.model.language_model.layers.0."),
        refused);
  }

  @Test
  void copiesOfBaseWeightsAreComparedAndLeftOut() throws IOException {
    Path base = UntiedModel.copy(FAMILY, temporary.resolve("base"));
    Path folder = Files.createDirectory(temporary.resolve("saved"));
    AdapterConfig config = AdapterConfig.of(4, 8, new Targets.Names(List.of("q_proj", "lm_head")));
    float[] logits;
    byte[] head;
    byte[] table;
    try (LoadedModel model =
        LoadedModel.open(
            base, new Tuning.NewAdapter(AdapterPlan.of(config, layout(base), Set.of()), 3))) {
      MemorySegment up =
          Buffer.of(model.trainable().trained().get("base_model.model.lm_head.lora_B.weight"))
              .hostBytes();
      for (long i = 0; i < up.byteSize() / Float.BYTES; i++) {
        up.setAtIndex(ValueLayout.JAVA_FLOAT, i, i % 5 / 16f);
      }
      head =
          Buffer.of(model.parameters().get("lm_head.weight"))
              .hostBytes()
              .toArray(ValueLayout.JAVA_BYTE);
      table =
          Buffer.of(model.parameters().get("model.language_model.embed_tokens.weight"))
              .hostBytes()
              .toArray(ValueLayout.JAVA_BYTE);
      logits = GoldenBatch.of(FAMILY).logits(model.network());
      var _ = model.save(folder);
    }
    String copyOfHead = "base_model.model.lm_head.base_layer.weight";
    String copyOfTable = "base_model.model.model.language_model.embed_tokens.weight";
    rewrite(folder, name -> name, Map.of(copyOfHead, head, copyOfTable, table));
    try (LoadedModel again = LoadedModel.open(folder)) {
      assertArrayEquals(logits, GoldenBatch.of(FAMILY).logits(again.network()));
    }
    Path merged = temporary.resolve("merged");
    new AdapterMerge(base, folder, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
        .write(merged, (name, count) -> {});
    head[0] ^= 1;
    rewrite(folder, name -> name, Map.of(copyOfHead, head));
    String refused = refused(folder);
    assertTrue(refused.contains(copyOfHead + " is a copy of lm_head.weight but holds"), refused);
    assertThrows(
        InvalidAdapterException.class,
        () ->
            new AdapterMerge(base, folder, DType.F32, AdapterMerge.DEFAULT_SHARD_BYTES)
                .write(temporary.resolve("no"), (name, count) -> {}));
  }

  @Test
  void filesBesideAnAdapterThatAreNotItsBaseModelsAreRefused() throws IOException {
    Path folder = saved(Folders.copy(FAMILY.checkpoint(), temporary.resolve("base")));
    Files.copy(FAMILY.checkpoint().resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
    LoadedModel.open(folder).close();
    Folders.replace(folder.resolve("tokenizer.json"), "<|quad_start|>", "<|tool_start|>");
    String refused = refused(folder);
    assertTrue(refused.contains("is '<|tool_start|>' but '<|quad_start|>' in the base"), refused);
    Files.delete(folder.resolve("tokenizer.json"));
    Files.copy(Foreign.path("template/capitals.jinja"), folder.resolve("chat_template.jinja"));
    assertThrows(InvalidConfigException.class, () -> LoadedModel.open(folder).close());
  }

  private static ParameterLayout layout(Path base) throws IOException {
    return ModelFamilies.read(base.resolve("config.json")).layout();
  }

  private static void rewrite(Path folder, UnaryOperator<String> rename, Map<String, byte[]> tables)
      throws IOException {
    rewrite(folder, AdapterFile.FILE_NAME, rename, tables);
  }

  /** Stores all tensors anew under other names, with tables of the embedding's shape besides. */
  private static void rewrite(
      Path folder, String name, UnaryOperator<String> rename, Map<String, byte[]> tables)
      throws IOException {
    Path file = folder.resolve(name);
    Path changed = folder.resolve("changed.safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      List<String> kept = tensors.names().stream().filter(n -> !tables.containsKey(n)).toList();
      List<TensorInfo> infos = new ArrayList<>();
      kept.forEach(
          n -> infos.add(new TensorInfo(rename.apply(n), DType.F32, tensors.info(n).shape())));
      tables.keySet().forEach(n -> infos.add(TensorInfo.of(n, DType.F32, 704, 64)));
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(changed, infos, tensors.metadata())) {
        for (String tensor : kept) {
          writer.write(rename.apply(tensor), tensors.data(tensor));
        }
        for (Map.Entry<String, byte[]> table : tables.entrySet()) {
          writer.write(table.getKey(), ByteBuffer.wrap(table.getValue()));
        }
        writer.commit();
      }
    }
    Files.move(changed, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private Path saved(Path base) throws IOException {
    Path folder = Files.createDirectory(temporary.resolve("saved"));
    Tuning tuning = new Tuning.StoredAdapter(GoldenAdapter.LORA.folder(FAMILY));
    try (LoadedModel model = LoadedModel.open(base, tuning)) {
      var _ = model.save(folder);
    }
    return folder;
  }

  private static String refused(Path folder) {
    return Objects.requireNonNull(
        assertThrows(InvalidAdapterException.class, () -> LoadedModel.open(folder).close())
            .getMessage());
  }

  private static LoadedModel open(GoldenAdapter adapter) throws IOException {
    return LoadedModel.open(FAMILY.checkpoint(), new Tuning.StoredAdapter(adapter.folder(FAMILY)));
  }
}
