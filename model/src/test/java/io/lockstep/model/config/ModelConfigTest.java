package io.lockstep.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.family.qwen3vl.Qwen3VisionConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VlConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.testing.Goldens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModelConfigTest {
  private static final Path REFERENCE = Goldens.path("qwen3_vl/checkpoint/config.json");

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void theReferenceCheckpointIsRead() throws IOException {
    Qwen3VlConfig config = assertInstanceOf(Qwen3VlConfig.class, ModelFamilies.read(REFERENCE));
    assertEquals(
        new TextConfig(
            704, 64, 160, 4, 4, 2, 32, 1e-6, 5e6, List.of(6, 5, 5), true, false, true, 4096),
        config.text());
    assertEquals(
        new Qwen3VisionConfig(4, 48, 112, 3, 16, 2, 2, 144, 3, 64, List.of(0, 1, 2)),
        config.vision());
    assertEquals(12, config.vision().positionGridSide());
    assertEquals(16, config.vision().headDim());
    assertEquals(1536, config.vision().patchValues());
    assertEquals(696, config.imageTokenId());
    assertEquals("float32", config.dtype());
  }

  @Test
  void whatIsWrittenReadsBackTheSame() throws IOException {
    ModelConfig config = ModelFamilies.read(REFERENCE);
    Path copy = folder.resolve("config.json");
    config.write(copy);
    assertEquals(config, ModelFamilies.read(copy));
  }

  @Test
  void thePublishedLayoutWithRopeScalingMeansTheSame() throws IOException {
    Path file =
        changed(root -> {
          ObjectNode text = (ObjectNode) root.get("text_config");
          ObjectNode rope = (ObjectNode) text.remove("rope_parameters");
          text.set("rope_theta", rope.remove("rope_theta"));
          text.set("rope_scaling", rope);
          root.set("torch_dtype", root.remove("dtype"));
          ((ObjectNode) root.get("vision_config")).put("model_type", "qwen3_vl");
        });
    assertEquals(ModelFamilies.read(REFERENCE), ModelFamilies.read(file));
  }

  @Test
  void theTypeOfTheWeightsMayStandInTheTextConfig() throws IOException {
    Path file =
        changed(root -> ((ObjectNode) root.get("text_config")).set("dtype", root.remove("dtype")));
    assertEquals("float32", ModelFamilies.read(file).dtype());
  }

  @Test
  void allProblemsAreNamedAtOnce() throws IOException {
    Path file =
        changed(root -> {
          ObjectNode text = (ObjectNode) root.get("text_config");
          text.remove("head_dim");
          text.put("hidden_act", "relu").put("attention_bias", true).put("sliding_window", 128);
          text.put("attention_dropout", 0.1);
          ((ObjectNode) text.get("rope_parameters")).put("rope_type", "yarn");
          ((ObjectNode) root.get("vision_config")).put("out_hidden_size", 32);
          root.put("image_token_id", 704);
        });
    var error = assertThrows(InvalidConfigException.class, () -> ModelFamilies.read(file));
    assertEquals(
        List.of(
            "text_config.attention_dropout is 0.1 but only 0.0 is supported",
            "text_config.hidden_act is 'relu' but must be one of silu",
            "text_config.attention_bias is true but Qwen3-VL has no attention bias",
            "text_config.head_dim is missing",
            "text_config.rope_parameters.rope_type is 'yarn' but must be one of default, mrope",
            "vision_config.out_hidden_size is 32 but the language model's hidden_size is 64",
            "image_token_id is 704, outside the vocabulary of 704",
            "text_config.sliding_window is not known; remove it if it does not change what the"
                + " model computes"),
        error.problems().stream().filter(p -> !p.contains("mrope_section")).toList());
  }

  @Test
  void everyKeyThatIsComputedWithIsNeeded() throws IOException {
    for (String key : List.of("vocab_size", "rms_norm_eps", "num_key_value_heads")) {
      missing(changed(root -> ((ObjectNode) root.get("text_config")).remove(key)), key);
    }
    for (String key : List.of("depth", "deepstack_visual_indexes", "patch_size")) {
      missing(changed(root -> ((ObjectNode) root.get("vision_config")).remove(key)), key);
    }
  }

  @Test
  void theFlatAndTheNestedLayoutOfQwen25MeanTheSame() throws IOException {
    Path nested = Goldens.path("qwen2_5_vl/checkpoint/config.json");
    ObjectNode root = (ObjectNode) JSON.readTree(nested.toFile());
    ObjectNode text = (ObjectNode) root.remove("text_config");
    ObjectNode rope = (ObjectNode) text.remove("rope_parameters");
    text.remove("model_type");
    root.set("rope_theta", rope.remove("rope_theta"));
    rope.remove("rope_type");
    root.set("rope_scaling", rope.put("type", "mrope"));
    root.setAll(text);
    root.set("torch_dtype", root.remove("dtype"));
    ObjectNode vision = (ObjectNode) root.get("vision_config");
    vision.remove("in_channels");
    vision.put("spatial_patch_size", 14).put("model_type", "qwen2_5_vl");
    Path flat = folder.resolve("flat.json");
    JSON.writeValue(flat.toFile(), root);
    assertEquals(ModelFamilies.read(nested), ModelFamilies.read(flat));

    ObjectNode both = (ObjectNode) JSON.readTree(nested.toFile());
    JSON.writeValue(flat.toFile(), both.put("hidden_size", 64));
    assertEquals(ModelFamilies.read(nested), ModelFamilies.read(flat));
    JSON.writeValue(flat.toFile(), both.put("hidden_size", 65));
    var error = assertThrows(InvalidConfigException.class, () -> ModelFamilies.read(flat));
    assertEquals(List.of("hidden_size is 65 but text_config.hidden_size is 64"), error.problems());
  }

  @Test
  void everythingWrongWithAQwen25IsNamed() throws IOException {
    Path nested = Goldens.path("qwen2_5_vl/checkpoint/config.json");
    ObjectNode root = (ObjectNode) JSON.readTree(nested.toFile());
    ObjectNode vision = (ObjectNode) root.get("vision_config");
    vision.remove("in_chans");
    vision.remove("in_channels");
    vision.put("window_size", 50).remove("tokens_per_second");
    vision.putArray("fullatt_block_indexes").add(3).add(1);
    ((ObjectNode) root.get("text_config")).put("use_sliding_window", true).put("head_dim", 32);
    Path file = folder.resolve("config.json");
    JSON.writeValue(file.toFile(), root);
    var error = assertThrows(InvalidConfigException.class, () -> ModelFamilies.read(file));
    assertEquals(
        List.of(
            "text_config.use_sliding_window is true but only false is supported",
            "text_config.head_dim is 32 but only 16 is supported",
            "vision_config.in_chans is missing",
            "vision_config.tokens_per_second is missing",
            "vision_config.window_size is 50 but must be a multiple of patch_size *"
                + " spatial_merge_size = 28",
            "vision_config.fullatt_block_indexes must ascend and be less than depth"),
        error.problems());
  }

  @Test
  void anotherFamilyIsRefused() throws IOException {
    Path file = changed(root -> root.put("model_type", "llama"));
    var error = assertThrows(InvalidConfigException.class, () -> ModelFamilies.read(file));
    assertEquals(
        file + ": model_type is 'llama' but must be one of qwen2_5_vl, qwen3_vl, qwen3_vl_moe",
        error.getMessage());
  }

  @Test
  void endsAndPaddingOfGenerationAreRead() throws IOException {
    GenerationConfig config =
        GenerationConfig.read(Goldens.path("qwen3_vl/checkpoint/generation_config.json"));
    assertEquals(new GenerationConfig(List.of(684, 685), 685), config);
    Path copy = folder.resolve("generation_config.json");
    config.write(copy);
    assertEquals(config, GenerationConfig.read(copy));
    Files.writeString(copy, "{\"eos_token_id\": 5, \"pad_token_id\": 6}");
    assertEquals(new GenerationConfig(List.of(5), 6), GenerationConfig.read(copy));
  }

  @Test
  void samplingThatAPublishedCheckpointRecommendsIsReadAndWritten() throws IOException {
    Path file = folder.resolve("generation_config.json");
    Files.writeString(
        file,
        """
        {"bos_token_id": 1, "pad_token_id": 1, "do_sample": true, "eos_token_id": [2, 1],
         "repetition_penalty": 1.05, "temperature": 0.000001, "transformers_version": "4.49.0"}\
        """);
    GenerationConfig small = GenerationConfig.read(file);
    assertEquals(new SamplingDefaults(true, 1e-6, 1, 50, 1.05), small.sampling());
    small.write(file);
    assertEquals(small, GenerationConfig.read(file));
    Files.writeString(
        file,
        """
        {"bos_token_id": 1, "pad_token_id": 1, "do_sample": true, "eos_token_id": [2, 1],
         "top_p": 0.8, "top_k": 20, "temperature": 0.7, "repetition_penalty": 1.0,
         "transformers_version": "4.56.0"}\
        """);
    assertEquals(
        new SamplingDefaults(true, 0.7, 0.8, 20, 1), GenerationConfig.read(file).sampling());
  }

  @Test
  void whatFineTunedCheckpointsAddToItIsRead() throws IOException {
    Path file = folder.resolve("generation_config.json");
    Files.writeString(
        file,
        """
        {"attn_implementation": "flash_attention_2", "bos_token_id": 1, "do_sample": true,
         "eos_token_id": [2, 2, 1], "max_length": 32768, "pad_token_id": 1, "return_dict": true,
         "repetition_penalty": 1.05, "temperature": 0.1, "top_k": 1, "top_p": 0.001,
         "transformers_version": "4.52.4", "trust_remote_code": true, "use_cache": false,
         "use_sliding_window": true}\
        """);
    assertEquals(
        new GenerationConfig(List.of(2, 1), 1, new SamplingDefaults(true, 0.1, 0.001, 1, 1.05)),
        GenerationConfig.read(file));
  }

  @Test
  void samplingOutsideOfItsRangesIsNamedAtOnce() throws IOException {
    Path file = folder.resolve("generation_config.json");
    Files.writeString(
        file,
        """
        {"eos_token_id": 2, "pad_token_id": 1, "do_sample": true, "top_p": 1.5, "top_k": -1,
         "temperature": 0, "repetition_penalty": -1, "typical_p": 0.5}\
        """);
    var error = assertThrows(InvalidConfigException.class, () -> GenerationConfig.read(file));
    assertEquals(
        List.of(
            "temperature must be above 0 but is 0.0",
            "top_p must be above 0 and at most 1 but is 1.5",
            "top_k must be a whole number of at least 0 but is -1",
            "repetition_penalty must be above 0 but is -1.0",
            "typical_p is not known; remove it if it does not change what the model computes"),
        error.problems());
  }

  private static void missing(Path file, String key) {
    var error = assertThrows(InvalidConfigException.class, () -> ModelFamilies.read(file));
    assertEquals(
        1, error.problems().stream().filter(p -> p.endsWith(key + " is missing")).count(), key);
  }

  private Path changed(Consumer<ObjectNode> change) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = (ObjectNode) mapper.readTree(REFERENCE.toFile());
    change.accept(root);
    return Files.writeString(
        folder.resolve("changed.json"), mapper.writeValueAsString(root), StandardCharsets.UTF_8);
  }
}
