package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.LANGUAGE;
import static io.lockstep.model.parameter.ParameterSpec.Module.LLM;
import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.parameter.ParameterSpec;
import java.util.List;

/** Parameters that the families' layouts share. */
final class Specs {

  private Specs() {}

  /** The kernel that makes a vector of a patch. */
  static void patchEmbedding(VisionConfig vision, List<ParameterSpec> specs) {
    specs.add(
        ParameterSpec.of(
            VIT,
            ModelLayout.VISUAL + "patch_embed.proj.weight",
            vision.hiddenSize(),
            vision.inChannels(),
            vision.temporalPatchSize(),
            vision.patchSize(),
            vision.patchSize()));
  }

  /** The language model and its head. */
  static void text(ModelConfig config, List<ParameterSpec> specs) {
    TextConfig text = config.text();
    long hidden = text.hiddenSize();
    specs.add(ParameterSpec.of(LLM, LANGUAGE + "embed_tokens.weight", text.vocabSize(), hidden));
    for (int layer = 0; layer < text.layers(); layer++) {
      String prefix = LANGUAGE + "layers." + layer + ".";
      weight(specs, LLM, prefix + "input_layernorm", hidden);
      attention(text, prefix + "self_attn.", specs);
      weight(specs, LLM, prefix + "post_attention_layernorm", hidden);
      weight(specs, LLM, prefix + "mlp.gate_proj", text.intermediateSize(), hidden);
      weight(specs, LLM, prefix + "mlp.up_proj", text.intermediateSize(), hidden);
      weight(specs, LLM, prefix + "mlp.down_proj", hidden, text.intermediateSize());
    }
    weight(specs, LLM, LANGUAGE + "norm", hidden);
    if (!config.tieWordEmbeddings()) {
      weight(specs, LLM, ModelLayout.HEAD, text.vocabSize(), hidden);
    }
  }

  private static void attention(TextConfig text, String prefix, List<ParameterSpec> specs) {
    long hidden = text.hiddenSize();
    long queries = (long) text.heads() * text.headDim();
    long keys = (long) text.kvHeads() * text.headDim();
    projection(text, specs, prefix + "q_proj", queries);
    projection(text, specs, prefix + "k_proj", keys);
    projection(text, specs, prefix + "v_proj", keys);
    weight(specs, LLM, prefix + "o_proj", hidden, queries);
    if (text.queryKeyNorm()) {
      weight(specs, LLM, prefix + "q_norm", text.headDim());
      weight(specs, LLM, prefix + "k_norm", text.headDim());
    }
  }

  private static void projection(
      TextConfig text, List<ParameterSpec> specs, String name, long out) {
    weight(specs, LLM, name, out, text.hiddenSize());
    if (text.attentionBias()) {
      specs.add(ParameterSpec.of(LLM, name + ".bias", out));
    }
  }

  /** A module that has a weight alone. */
  static void weight(
      List<ParameterSpec> specs, ParameterSpec.Module module, String name, long... shape) {
    specs.add(ParameterSpec.of(module, name + ".weight", shape));
  }

  /** A linear layer with a bias. */
  static void linear(
      List<ParameterSpec> specs, ParameterSpec.Module module, String name, long out, long in) {
    weight(specs, module, name, out, in);
    specs.add(ParameterSpec.of(module, name + ".bias", out));
  }

  /** A LayerNorm. */
  static void affine(
      List<ParameterSpec> specs, ParameterSpec.Module module, String name, long size) {
    weight(specs, module, name, size);
    specs.add(ParameterSpec.of(module, name + ".bias", size));
  }
}
