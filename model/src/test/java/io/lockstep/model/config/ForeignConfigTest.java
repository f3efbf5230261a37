package io.lockstep.model.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.family.ModelFamilies;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.testing.Foreign;
import io.lockstep.model.testing.GoldenFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Configurations as versions 4.41 to 5.18 of the public library and others' trainers write them.
 */
final class ForeignConfigTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"published-2.5", "transformers-4.52.4-tied", "transformers-4.54.0"})
  void everyLayoutOfQwen25MeansTheReference(String name) throws IOException {
    means(GoldenFamily.QWEN2_5_VL, Foreign.path("config/" + name + ".json"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "published-3",
        "trainer-4.57-qwen3",
        "trainer-use-cache-qwen3",
        "underscore-keys-qwen3"
      })
  void everyLayoutOfQwen3MeansTheReference(String name) throws IOException {
    means(GoldenFamily.QWEN3_VL, Foreign.path("config/" + name + ".json"));
  }

  /** Everything that a model computes follows from what is equal here, and from its weights. */
  private static void means(GoldenFamily family, Path file) throws IOException {
    ModelConfig expected = ModelFamilies.read(family.file("checkpoint/config.json"));
    ModelConfig config = ModelFamilies.read(file);
    assertEquals(expected.toString().replace(expected.dtype(), config.dtype()), config.toString());
  }

  /** As AutoConfig of transformers 5.18 resolves the nine cases of each family. */
  @ParameterizedTest
  @CsvSource({
    "QWEN2_5_VL, , , false",
    "QWEN2_5_VL, , true, true",
    "QWEN2_5_VL, , false, false",
    "QWEN2_5_VL, true, , true",
    "QWEN2_5_VL, true, true, true",
    "QWEN2_5_VL, true, false, true",
    "QWEN2_5_VL, false, , false",
    "QWEN2_5_VL, false, true, true",
    "QWEN2_5_VL, false, false, false",
    "QWEN3_VL, , , false",
    "QWEN3_VL, , true, false",
    "QWEN3_VL, , false, false",
    "QWEN3_VL, true, , true",
    "QWEN3_VL, true, true, true",
    "QWEN3_VL, true, false, true",
    "QWEN3_VL, false, , false",
    "QWEN3_VL, false, true, false",
    "QWEN3_VL, false, false, false",
  })
  void aTiedHeadIsResolvedAsInThePublicLibrary(
      GoldenFamily family, Boolean above, Boolean inText, boolean tied) throws IOException {
    ObjectNode root = reference(family);
    root.put("tie_word_embeddings", above);
    ((ObjectNode) root.get("text_config")).put("tie_word_embeddings", inText);
    assertEquals(tied, read(root).tieWordEmbeddings());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "text_config", "vision_config"})
  void whatChangesNothingMayStandAtAnyLevel(String level) throws IOException {
    for (GoldenFamily family : GoldenFamily.values()) {
      ObjectNode root = reference(family);
      ObjectNode node = level.isEmpty() ? root : (ObjectNode) root.get(level);
      node.put("use_cache", false).put("_name_or_path", "x").put("num_beams", 1);
      node.put("_attn_implementation_autoset", true).put("transformers_version", "4.52.4");
      node.putNull("rope_scaling").putNull("quantization_config").putNull("anything");
      node.put("torch_dtype", "bfloat16").put("initializer_range", 0.02).put("is_decoder", false);
      assertEquals(read(reference(family)), read(root));
    }
  }

  @Test
  void whatMayChangeTheComputationIsRefusedAtOnce() throws IOException {
    ObjectNode root = reference(GoldenFamily.QWEN3_VL);
    root.putObject("quantization_config").put("bits", 4);
    root.put("num_hidden_layers", 5).put("router_aux_loss", 1);
    root.putObject("rope_parameters").put("rope_theta", 1e4);
    ((ObjectNode) root.get("text_config")).put("logit_scale", 2);
    ((ObjectNode) root.get("vision_config")).put("use_pooling", true);
    var error = assertThrows(InvalidConfigException.class, () -> read(root));
    assertEquals(
        List.of(
            "quantization_config is not supported: save the model with its weights in float32,"
                + " bfloat16 or float16",
            "num_hidden_layers is 5 but text_config.num_hidden_layers is 4",
            "rope_parameters.rope_theta is 10000.0 but only 5000000.0 is supported",
            "router_aux_loss is not known; remove it if it does not change what the model computes",
            "text_config.logit_scale is not known; remove it if it does not change what the model"
                + " computes",
            "vision_config.use_pooling is not known; remove it if it does not change what the model"
                + " computes"),
        error.problems());
  }

  private static ObjectNode reference(GoldenFamily family) throws IOException {
    return (ObjectNode) JSON.readTree(family.file("checkpoint/config.json").toFile());
  }

  private ModelConfig read(ObjectNode root) throws IOException {
    Path file = folder.resolve("config.json");
    JSON.writeValue(file.toFile(), root);
    return ModelFamilies.read(file);
  }
}
