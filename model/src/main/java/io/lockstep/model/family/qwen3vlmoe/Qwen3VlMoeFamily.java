package io.lockstep.model.family.qwen3vlmoe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.config.JsonParts;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.family.qwen3vl.Qwen3VlConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VlFamily;
import io.lockstep.model.network.ModelFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The public {@code config.json} layout of Qwen3-VL-MoE: Qwen3-VL's, and the experts' keys. */
public final class Qwen3VlMoeFamily implements ModelFamily {

  @Override
  public String modelType() {
    return Qwen3VlMoeConfig.MODEL_TYPE;
  }

  @Override
  public Qwen3VlMoeConfig parse(StrictJson json) {
    List<MoeConfig> moe = new ArrayList<>();
    Qwen3VlConfig dense =
        Qwen3VlFamily.read(json, Qwen3VlMoeConfig.MODEL_TYPE, text -> moe.add(experts(text)));
    json.finish();
    return new Qwen3VlMoeConfig(dense, moe.getFirst());
  }

  private static MoeConfig experts(StrictJson text) {
    // The auxiliary loss is not part of the model: a run's recipe says whether it is minimised.
    text.inert("router_aux_loss_coef", "output_router_logits");
    text.onlyIfPresent("norm_topk_prob", true);
    // Published files say num_experts; newer libraries write num_local_experts, or both.
    int experts = text.size(text.has("num_local_experts") ? "num_local_experts" : "num_experts");
    text.onlyIfPresent("num_experts", experts);
    int perToken = text.size("num_experts_per_tok");
    if (perToken > experts) {
      text.problem(
          "num_experts_per_tok",
          "is %d but must be at most the %d experts".formatted(perToken, experts));
    }
    return new MoeConfig(
        experts,
        perToken,
        text.size("moe_intermediate_size"),
        text.has("decoder_sparse_step") ? text.size("decoder_sparse_step") : 1,
        text.has("mlp_only_layers") ? text.integers("mlp_only_layers") : List.of());
  }

  static void write(Qwen3VlMoeConfig config, Path file) throws IOException {
    ObjectNode root =
        Qwen3VlFamily.tree(
            config.dense(), Qwen3VlMoeConfig.MODEL_TYPE, "Qwen3VLMoeForConditionalGeneration");
    MoeConfig moe = config.moe();
    ObjectNode text = root.withObject("text_config");
    text.put("decoder_sparse_step", moe.sparseStep());
    JsonParts.add(text.putArray("mlp_only_layers"), moe.denseLayers());
    text.put("moe_intermediate_size", moe.intermediateSize());
    text.put("norm_topk_prob", true);
    text.put("num_experts", moe.experts());
    text.put("num_experts_per_tok", moe.expertsPerToken());
    JsonParts.write(root, file);
  }
}
