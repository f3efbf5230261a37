package io.lockstep.model.family.qwen3vl;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.config.JsonParts;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.network.ModelFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The public {@code config.json} layout of Qwen3-VL. */
public final class Qwen3VlFamily implements ModelFamily {

  @Override
  public String modelType() {
    return Qwen3VlConfig.MODEL_TYPE;
  }

  @Override
  public Qwen3VlConfig parse(StrictJson json) {
    Qwen3VlConfig config = read(json, Qwen3VlConfig.MODEL_TYPE, text -> {});
    json.finish();
    return config;
  }

  /**
   * Reads the keys that a family shares with Qwen3-VL, and leaves it to the caller to finish.
   *
   * @param modelType the family's name
   * @param more reads what the family's {@code text_config} has besides
   */
  public static Qwen3VlConfig read(StrictJson json, String modelType, Consumer<StrictJson> more) {
    // The public library looks for it here alone; text_config may repeat it, also wrongly.
    boolean tied = json.bool(JsonParts.TIED, false);
    StrictJson textJson = json.object("text_config");
    TextConfig text = text(textJson, modelType);
    more.accept(textJson);
    JsonParts.checkRepeated(json, textJson, text);
    Qwen3VisionConfig vision = vision(json.object("vision_config"), text, modelType);
    return new Qwen3VlConfig(
        text,
        vision,
        tied,
        JsonParts.tokenId(json, "image_token_id", text),
        JsonParts.tokenId(json, "video_token_id", text),
        JsonParts.tokenId(json, "vision_start_token_id", text),
        JsonParts.tokenId(json, "vision_end_token_id", text),
        JsonParts.dtype(json, textJson));
  }

  private static TextConfig text(StrictJson json, String modelType) {
    json.inert(JsonParts.TIED);
    json.onlyIfPresent("model_type", modelType + "_text");
    json.onlyIfPresent("attention_dropout", JsonParts.NO_DROPOUT);
    json.oneOf("hidden_act", "silu");
    if (json.bool("attention_bias", false)) {
      json.problem("attention_bias", "is true but Qwen3-VL has no attention bias");
    }
    int headDim = json.size("head_dim");
    int heads = json.size("num_attention_heads");
    StrictJson rope = JsonParts.rope(json);
    if (!rope.bool("mrope_interleaved") && rope.has("mrope_interleaved")) {
      rope.problem("mrope_interleaved", "must be true for Qwen3-VL");
    }
    return new TextConfig(
        json.size("vocab_size"),
        json.size("hidden_size"),
        json.size("intermediate_size"),
        json.size("num_hidden_layers"),
        heads,
        JsonParts.kvHeads(json, heads),
        headDim,
        json.number("rms_norm_eps"),
        JsonParts.ropeTheta(json, rope),
        JsonParts.mropeSection(rope, headDim),
        true,
        false,
        true,
        json.size("max_position_embeddings"));
  }

  private static Qwen3VisionConfig vision(StrictJson json, TextConfig text, String modelType) {
    json.inert(JsonParts.TIED);
    json.oneOf("hidden_act", "gelu_pytorch_tanh");
    if (json.has("model_type")) {
      json.oneOf("model_type", modelType, modelType + "_vision");
    }
    JsonParts.visionRope(json);
    Qwen3VisionConfig vision =
        new Qwen3VisionConfig(
            json.size("depth"),
            json.size("hidden_size"),
            json.size("intermediate_size"),
            json.size("num_heads"),
            json.size("patch_size"),
            json.size("temporal_patch_size"),
            json.size("spatial_merge_size"),
            json.size("num_position_embeddings"),
            json.size("in_channels"),
            json.size("out_hidden_size"),
            json.integers("deepstack_visual_indexes"));
    check(json, vision, text);
    return vision;
  }

  private static void check(StrictJson json, Qwen3VisionConfig vision, TextConfig text) {
    JsonParts.checkVision(json, vision, text);
    int side = vision.positionGridSide();
    if (side * side != vision.numPositionEmbeddings()) {
      json.problem("num_position_embeddings", "must be a square number");
    }
    JsonParts.checkAscending(
        json, "deepstack_visual_indexes", vision.deepstackVisualIndexes(), vision.depth());
    if (vision.deepstackVisualIndexes().size() > text.layers()) {
      json.problem("deepstack_visual_indexes", "must not be more than the decoder layers");
    }
  }

  static void write(Qwen3VlConfig config, Path file) throws IOException {
    JsonParts.write(
        tree(config, Qwen3VlConfig.MODEL_TYPE, "Qwen3VLForConditionalGeneration"), file);
  }

  /** A {@code config.json} with the keys that a family shares with Qwen3-VL. */
  public static ObjectNode tree(Qwen3VlConfig config, String modelType, String architecture) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add(architecture);
    root.put("dtype", config.dtype());
    root.put("image_token_id", config.imageTokenId());
    root.put("model_type", modelType);
    writeText(config, root.putObject("text_config"), modelType);
    root.put("tie_word_embeddings", config.tieWordEmbeddings());
    root.put("video_token_id", config.videoTokenId());
    writeVision(config.vision(), root.putObject("vision_config"), modelType);
    root.put("vision_end_token_id", config.visionEndTokenId());
    root.put("vision_start_token_id", config.visionStartTokenId());
    return root;
  }

  private static void writeText(Qwen3VlConfig config, ObjectNode node, String modelType) {
    TextConfig text = config.text();
    node.put("attention_bias", text.attentionBias());
    node.put("attention_dropout", JsonParts.NO_DROPOUT);
    node.put("head_dim", text.headDim());
    node.put("hidden_act", "silu");
    node.put("hidden_size", text.hiddenSize());
    node.put("intermediate_size", text.intermediateSize());
    node.put("max_position_embeddings", text.maxPositionEmbeddings());
    node.put("model_type", modelType + "_text");
    node.put("num_attention_heads", text.heads());
    node.put("num_hidden_layers", text.layers());
    node.put("num_key_value_heads", text.kvHeads());
    node.put("rms_norm_eps", text.rmsNormEps());
    ObjectNode rope = node.putObject("rope_parameters");
    rope.put("mrope_interleaved", true);
    JsonParts.add(rope.putArray("mrope_section"), text.mropeSection());
    rope.put("rope_theta", text.ropeTheta());
    rope.put("rope_type", "default");
    node.put("tie_word_embeddings", config.tieWordEmbeddings());
    node.put("vocab_size", text.vocabSize());
  }

  private static void writeVision(Qwen3VisionConfig vision, ObjectNode node, String modelType) {
    JsonParts.add(node.putArray("deepstack_visual_indexes"), vision.deepstackVisualIndexes());
    node.put("depth", vision.depth());
    node.put("hidden_act", "gelu_pytorch_tanh");
    node.put("hidden_size", vision.hiddenSize());
    node.put("in_channels", vision.inChannels());
    node.put("intermediate_size", vision.intermediateSize());
    node.put("model_type", modelType + "_vision");
    node.put("num_heads", vision.heads());
    node.put("num_position_embeddings", vision.numPositionEmbeddings());
    node.put("out_hidden_size", vision.outHiddenSize());
    node.put("patch_size", vision.patchSize());
    node.put("spatial_merge_size", vision.spatialMergeSize());
    node.put("temporal_patch_size", vision.temporalPatchSize());
  }
}
