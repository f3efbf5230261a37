package io.lockstep.model.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.config.InvalidConfigException;
import io.lockstep.model.image.ImageOptions;
import io.lockstep.model.testing.Folders;
import io.lockstep.model.testing.Foreign;
import io.lockstep.model.testing.GoldenFamily;
import io.lockstep.model.testing.Goldens;
import io.lockstep.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files beside the weights as other programs leave them. */
final class ForeignCheckpointTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GENERATION = "generation_config.json";

  @TempDir Path temporary;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void aProcessorFileAloneAndTheFastProcessorsNullsMeanTheSame() throws IOException {
    ImageOptions qwen3 = ImageOptions.of(GoldenFamily.QWEN3_VL.checkpoint());
    Path folder = copy(GoldenFamily.QWEN3_VL);
    Files.delete(folder.resolve("preprocessor_config.json"));
    put(folder, "processor/processor_config.qwen3.json", "processor_config.json");
    assertEquals(qwen3, ImageOptions.of(folder));
    LoadedModel.open(folder).close();
    put(folder, "processor/preprocessor_config.fast.qwen3.json", "preprocessor_config.json");
    assertEquals(qwen3, ImageOptions.of(folder));
    assertEquals(
        ImageOptions.of(GoldenFamily.QWEN2_5_VL.checkpoint()),
        ImageOptions.read(Foreign.path("processor/preprocessor_config.fast.qwen2_5.json")));
  }

  @Test
  void limitsUnderTheirOlderNamesCountBeforeTheNewerOnes() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    edit(
        folder,
        "preprocessor_config.json",
        root -> root.put("min_pixels", 5120).put("max_pixels", 32768));
    assertEquals(5120, ImageOptions.of(folder).minPixels());
    assertEquals(32768, ImageOptions.of(folder).maxPixels());
    edit(folder, "preprocessor_config.json", root -> root.putNull("min_pixels"));
    assertEquals(4096, ImageOptions.of(folder).minPixels());
  }

  @Test
  void twoFilesThatTellTheProcessorDifferentlyAreRefused() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    put(folder, "processor/processor_config.qwen3.json", "processor_config.json");
    edit(folder, "preprocessor_config.json", root -> root.put("max_pixels", 32768));
    String message = refused(InvalidConfigException.class, folder);
    assertTrue(message.contains("remove the file that doesn't belong to the model"), message);
    assertTrue(message.contains("maxPixels=65536") && message.contains("maxPixels=32768"), message);
  }

  @ParameterizedTest
  @EnumSource
  void withoutAGenerationConfigurationTheModelsOwnKeysCount(GoldenFamily family)
      throws IOException {
    Path folder = copy(family);
    Files.delete(folder.resolve(GENERATION));
    int end = family == GoldenFamily.QWEN3_VL ? 684 : 692;
    try (LoadedModel model = LoadedModel.open(folder)) {
      assertEquals(List.of(end), model.generationConfig().eosTokenIds());
      assertEquals(end + 1, model.generationConfig().padTokenId());
    }
    edit(
        folder,
        "config.json",
        root -> ((ObjectNode) root.get("text_config")).remove("eos_token_id"));
    String message = refused(InvalidConfigException.class, folder);
    assertTrue(message.contains("names no eos_token_id and generation_config.json is"), message);
  }

  @Test
  void everyCompanionFileIsKeptAndWhatIsMissingIsWritten() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    Files.delete(folder.resolve(GENERATION));
    put(folder, "template/qwen3_vl.jinja", "chat_template.jinja");
    put(folder, "processor/processor_config.qwen3.json", "processor_config.json");
    List<String> others =
        List.of(
            "video_preprocessor_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "merges.txt");
    for (String name : others) {
      Files.writeString(folder.resolve(name), name);
    }
    Path saved = Files.createDirectory(temporary.resolve("saved"));
    try (LoadedModel model = LoadedModel.open(folder)) {
      List<String> names = model.save(saved);
      assertTrue(names.containsAll(CheckpointFiles.companionsIn(folder)), names.toString());
      assertTrue(names.containsAll(others), names.toString());
      for (String name : CheckpointFiles.companionsIn(folder)) {
        assertEquals(-1, Files.mismatch(folder.resolve(name), saved.resolve(name)), name);
      }
      try (LoadedModel again = LoadedModel.open(saved)) {
        assertEquals(model.generationConfig(), again.generationConfig());
      }
    }
    assertTrue(Files.exists(saved.resolve(GENERATION)));
  }

  @ParameterizedTest
  @EnumSource
  void theFamilysOwnTemplateIsAccepted(GoldenFamily family) throws IOException {
    Path folder = copy(family);
    put(folder, "template/" + family.modelType() + ".jinja", "chat_template.jinja");
    ModelInputs.open(folder).close();
    String template = Files.readString(folder.resolve("chat_template.jinja"));
    Files.delete(folder.resolve("chat_template.jinja"));
    JSON.writeValue(
        folder.resolve("chat_template.json").toFile(),
        JSON.createObjectNode().put("chat_template", template));
    ModelInputs.open(folder).close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"chat_template.jinja", "chat_template.json", "tokenizer_config.json"})
  void anotherTemplateIsRefusedWhereverItStands(String name) throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    String template = Files.readString(Foreign.path("template/capitals.jinja"));
    if (name.endsWith(".jinja")) {
      Files.writeString(folder.resolve(name), template);
    } else {
      if (!Files.exists(folder.resolve(name))) {
        Files.writeString(folder.resolve(name), "{}");
      }
      edit(folder, name, root -> root.put("chat_template", template));
    }
    String message = refused(InvalidConfigException.class, folder);
    assertTrue(message.startsWith(folder.resolve(name) + ": the chat template differs"), message);
    assertTrue(message.contains("after '<|im_start|>' it says 'system\\nAnswer in cap"), message);
  }

  @Test
  void aTemplateThatDiffersInOneSpaceOrCannotBeRenderedIsRefused() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    put(folder, "template/qwen3_vl.jinja", "chat_template.jinja");
    Folders.replace(
        folder.resolve("chat_template.jinja"), "{{- part.text }}", "{{- part.text | trim }}");
    String message = refused(InvalidConfigException.class, folder);
    assertTrue(message.contains("it says 'What is"), message);
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ now_in_words('x') }}");
    message = refused(InvalidConfigException.class, folder);
    assertTrue(message.contains("can't be rendered"), message);
  }

  @Test
  void theFamilyWithADefaultSystemMessageIsNotTheOther() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    put(folder, "template/qwen2_5_vl.jinja", "chat_template.jinja");
    String message = refused(InvalidConfigException.class, folder);
    assertTrue(message.contains("it says 'system\\nYou are a helpful assistant."), message);
  }

  @Test
  void idsBeyondTheEmbeddingTableAreNamedWhenTheModelIsOpened() throws IOException {
    Path folder = copy(GoldenFamily.QWEN3_VL);
    edit(
        folder,
        "tokenizer.json",
        root ->
            root.withArray("added_tokens")
                .addObject()
                .put("id", 710)
                .put("content", "<extra>")
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", false));
    edit(
        folder,
        GENERATION,
        root -> root.put("pad_token_id", 151643).putArray("eos_token_id").add(684).add(151645));
    assertEquals(
        folder
            + ": tokenizer.json has <extra> = 710; pad_token_id is 151643; eos_token_id is 151645:"
            + " beyond the 704 rows of the embedding table (vocab_size of config.json); take all"
            + " files from the same model, or enlarge its table",
        refused(InvalidCheckpointException.class, folder));
  }

  private static String refused(Class<? extends Exception> type, Path folder) {
    String inputs =
        String.valueOf(assertThrows(type, () -> ModelInputs.open(folder).close()).getMessage());
    String model =
        String.valueOf(assertThrows(type, () -> LoadedModel.open(folder).close()).getMessage());
    assertEquals(inputs, model);
    return model;
  }

  private Path copy(GoldenFamily family) throws IOException {
    return Folders.copy(
        Goldens.path(family.modelType() + "/checkpoint"), temporary.resolve("model"));
  }

  private static void put(Path folder, String resource, String name) throws IOException {
    Files.copy(Foreign.path(resource), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  private static void edit(Path folder, String name, Consumer<ObjectNode> change)
      throws IOException {
    Path file = folder.resolve(name);
    ObjectNode root = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(root);
    JSON.writeValue(file.toFile(), root);
  }
}
