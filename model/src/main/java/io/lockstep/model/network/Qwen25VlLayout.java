package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.VISUAL;
import static io.lockstep.model.parameter.ParameterSpec.Module.ALIGNER;
import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import io.lockstep.model.config.Qwen25VisionConfig;
import io.lockstep.model.config.Qwen25VlConfig;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a Qwen2.5-VL by its configuration, in the order in which they are computed
 * with.
 */
final class Qwen25VlLayout {

  private Qwen25VlLayout() {}

  static List<ParameterSpec> of(Qwen25VlConfig config) {
    List<ParameterSpec> specs = new ArrayList<>();
    vision(config.vision(), specs);
    Specs.text(config, specs);
    return specs;
  }

  private static void vision(Qwen25VisionConfig vision, List<ParameterSpec> specs) {
    long hidden = vision.hiddenSize();
    long merged = hidden * vision.spatialMergeSize() * vision.spatialMergeSize();
    Specs.patchEmbedding(vision, specs);
    for (int block = 0; block < vision.depth(); block++) {
      String prefix = VISUAL + "blocks." + block + ".";
      Specs.weight(specs, VIT, prefix + "norm1", hidden);
      Specs.linear(specs, VIT, prefix + "attn.qkv", 3 * hidden, hidden);
      Specs.linear(specs, VIT, prefix + "attn.proj", hidden, hidden);
      Specs.weight(specs, VIT, prefix + "norm2", hidden);
      Specs.linear(specs, VIT, prefix + "mlp.gate_proj", vision.intermediateSize(), hidden);
      Specs.linear(specs, VIT, prefix + "mlp.up_proj", vision.intermediateSize(), hidden);
      Specs.linear(specs, VIT, prefix + "mlp.down_proj", hidden, vision.intermediateSize());
    }
    Specs.weight(specs, ALIGNER, VISUAL + "merger.ln_q", hidden);
    Specs.linear(specs, ALIGNER, VISUAL + "merger.mlp.0", merged, merged);
    Specs.linear(specs, ALIGNER, VISUAL + "merger.mlp.2", vision.outHiddenSize(), merged);
  }
}
