package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.model.adapter.AdapterConfig;
import io.lockstep.model.adapter.AdapterFile;
import io.lockstep.model.adapter.InvalidAdapterException;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.GoldenAdapter;
import io.lockstep.model.testing.GoldenBatch;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
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
