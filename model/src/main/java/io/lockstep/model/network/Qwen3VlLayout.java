package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.LANGUAGE;
import static io.lockstep.model.network.ModelLayout.VISUAL;
import static io.lockstep.model.parameter.ParameterSpec.Module.ALIGNER;
import static io.lockstep.model.parameter.ParameterSpec.Module.LLM;
import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.config.Qwen3VlConfig;
import io.lockstep.model.config.TextConfig;
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
    text(config, specs);
    return specs;
  }

  private static void vision(Qwen3VisionConfig vision, List<ParameterSpec> specs) {
    long hidden = vision.hiddenSize();
    long merged = hidden * vision.spatialMergeSize() * vision.spatialMergeSize();
    long patch = vision.patchSize();
    specs.add(
        ParameterSpec.of(
            VIT,
            VISUAL + "patch_embed.proj.weight",
            hidden,
            vision.inChannels(),
            vision.temporalPatchSize(),
            patch,
            patch));
    specs.add(ParameterSpec.of(VIT, VISUAL + "patch_embed.proj.bias", hidden));
    specs.add(
        ParameterSpec.of(VIT, VISUAL + "pos_embed.weight", vision.numPositionEmbeddings(), hidden));
    for (int block = 0; block < vision.depth(); block++) {
      String prefix = VISUAL + "blocks." + block + ".";
      affine(specs, VIT, prefix + "norm1", hidden);
      linear(specs, VIT, prefix + "attn.qkv", 3 * hidden, hidden);
      linear(specs, VIT, prefix + "attn.proj", hidden, hidden);
      affine(specs, VIT, prefix + "norm2", hidden);
      linear(specs, VIT, prefix + "mlp.linear_fc1", vision.intermediateSize(), hidden);
      linear(specs, VIT, prefix + "mlp.linear_fc2", hidden, vision.intermediateSize());
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
    affine(specs, ALIGNER, prefix + "norm", normed);
    linear(specs, ALIGNER, prefix + "linear_fc1", merged, merged);
    linear(specs, ALIGNER, prefix + "linear_fc2", out, merged);
  }

  private static void text(Qwen3VlConfig config, List<ParameterSpec> specs) {
    TextConfig text = config.text();
    long hidden = text.hiddenSize();
    long head = text.headDim();
    specs.add(ParameterSpec.of(LLM, LANGUAGE + "embed_tokens.weight", text.vocabSize(), hidden));
    for (int layer = 0; layer < text.layers(); layer++) {
      String prefix = LANGUAGE + "layers." + layer + ".";
      specs.add(ParameterSpec.of(LLM, prefix + "input_layernorm.weight", hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "self_attn.q_proj.weight", text.heads() * head, hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "self_attn.k_proj.weight", text.kvHeads() * head, hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "self_attn.v_proj.weight", text.kvHeads() * head, hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "self_attn.o_proj.weight", hidden, text.heads() * head));
      specs.add(ParameterSpec.of(LLM, prefix + "self_attn.q_norm.weight", head));
      specs.add(ParameterSpec.of(LLM, prefix + "self_attn.k_norm.weight", head));
      specs.add(ParameterSpec.of(LLM, prefix + "post_attention_layernorm.weight", hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "mlp.gate_proj.weight", text.intermediateSize(), hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "mlp.up_proj.weight", text.intermediateSize(), hidden));
      specs.add(
          ParameterSpec.of(LLM, prefix + "mlp.down_proj.weight", hidden, text.intermediateSize()));
    }
    specs.add(ParameterSpec.of(LLM, LANGUAGE + "norm.weight", hidden));
    if (!config.tieWordEmbeddings()) {
      specs.add(ParameterSpec.of(LLM, ModelLayout.HEAD + ".weight", text.vocabSize(), hidden));
    }
  }

  private static void linear(
      List<ParameterSpec> specs, ParameterSpec.Module module, String name, long out, long in) {
    specs.add(ParameterSpec.of(module, name + ".weight", out, in));
    specs.add(ParameterSpec.of(module, name + ".bias", out));
  }

  private static void affine(
      List<ParameterSpec> specs, ParameterSpec.Module module, String name, long size) {
    specs.add(ParameterSpec.of(module, name + ".weight", size));
    specs.add(ParameterSpec.of(module, name + ".bias", size));
  }
}
