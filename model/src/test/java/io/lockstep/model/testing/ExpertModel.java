package io.lockstep.model.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tiny model's tokenizer with a network of experts in all layers but one. */
public final class ExpertModel {

  private static final long SEED = 5;

  private ExpertModel() {}

  /** Writes it without weights into a new folder, which is returned. */
  public static Path withoutWeights(Path folder) throws IOException {
    Path model = Folders.copy(GoldenFamily.QWEN3_VL.checkpoint(), folder);
    Files.delete(model.resolve("model.safetensors"));
    ObjectMapper json = new ObjectMapper();
    Path file = model.resolve("config.json");
    ObjectNode config = (ObjectNode) json.readTree(file.toFile());
    config.put("model_type", "qwen3_vl_moe").remove("architectures");
    ((ObjectNode) config.get("vision_config")).put("model_type", "qwen3_vl_moe_vision");
    ((ObjectNode) config.get("text_config"))
        .put("model_type", "qwen3_vl_moe_text")
        .put("num_local_experts", 4)
        .put("num_experts_per_tok", 2)
        .put("moe_intermediate_size", 32)
        .put("decoder_sparse_step", 1)
        .putArray("mlp_only_layers")
        .add(1);
    json.writeValue(file.toFile(), config);
    return model;
  }

  /** Writes it with random weights into a new folder, which is returned. */
  public static Path withWeights(Path folder) throws IOException {
    Path drawn = withoutWeights(folder.resolveSibling(folder.getFileName() + "-without-weights"));
    try (LoadedModel model = LoadedModel.initialise(drawn, SEED)) {
      var _ = model.save(Files.createDirectory(folder));
    }
    return folder;
  }
}
