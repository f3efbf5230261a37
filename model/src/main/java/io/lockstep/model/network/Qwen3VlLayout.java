package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.VISUAL;
import static io.lockstep.model.parameter.ParameterSpec.Module.ALIGNER;
import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.config.Qwen3VlConfig;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a Qwen3-VL by its configuration, in the order in which they are computed with.
 */
final class Qwen3VlLayout {

  private Qwen3VlLayout() {}

  static List<ParameterSpec> of(Qwen3VlConfig config) {
    List<ParameterSpec> specs = new ArrayList<>();
    vision(config.vision(), specs);
    Specs.text(config, specs);
    return specs;
  }

  private static void vision(Qwen3VisionConfig vision, List<ParameterSpec> specs) {
    long hidden = vision.hiddenSize();
    long merged = hidden * vision.spatialMergeSize() * vision.spatialMergeSize();
    Specs.patchEmbedding(vision, specs);
    specs.add(ParameterSpec.of(VIT, VISUAL + "patch_embed.proj.bias", hidden));
    specs.add(
        ParameterSpec.of(VIT, VISUAL + "pos_embed.weight", vision.numPositionEmbeddings(), hidden));
    for (int block = 0; block < vision.depth(); block++) {
      String prefix = VISUAL + "blocks." + block + ".";
      Specs.affine(specs, VIT, prefix + "norm1", hidden);
      Specs.linear(specs, VIT, prefix + "attn.qkv", 3 * hidden, hidden);
      Specs.linear(specs, VIT, prefix + "attn.proj", hidden, hidden);
      Specs.affine(specs, VIT, prefix + "norm2", hidden);
      Specs.linear(specs, VIT, prefix + "mlp.linear_fc1", vision.intermediateSize(), hidden);
      Specs.linear(specs, VIT, prefix + "mlp.linear_fc2", hidden, vision.intermediateSize());
    }
    merger(specs, VISUAL + "merger.", hidden, merged, vision.outHiddenSize());
    for (int index = 0; index < vision.deepstackVisualIndexes().size(); index++) {
      merger(
          specs,
          VISUAL + "deepstack_merger_list." + index + ".",
          merged,
          merged,
          vision.outHiddenSize());
    }
  }

  private static void merger(
      List<ParameterSpec> specs, String prefix, long normed, long merged, long out) {
    Specs.affine(specs, ALIGNER, prefix + "norm", normed);
    Specs.linear(specs, ALIGNER, prefix + "linear_fc1", merged, merged);
    Specs.linear(specs, ALIGNER, prefix + "linear_fc2", out, merged);
  }
}
