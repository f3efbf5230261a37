package io.lockstep.model.family.qwen25vl;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.model.config.JsonParts;
import io.lockstep.model.config.StrictJson;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.network.ModelFamily;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;

/**
 * The public {@code config.json} layouts of Qwen2.5-VL: as published, with the language model's
 * keys at the top level, and as newer libraries write it, with a {@code text_config}.
 */
public final class Qwen25VlFamily implements ModelFamily {

  private static final String FULL_ATTENTION = "full_attention";

  /** Ids that older writers repeat among the language model's keys, where nothing reads them. */
  private static final String[] VISION_IDS = {
    "image_token_id",
    "video_token_id",
    "vision_end_token_id",
    "vision_start_token_id",
    "vision_token_id",
  };

  @Override
  public String modelType() {
    return Qwen25VlConfig.MODEL_TYPE;
  }

  @Override
  public Qwen25VlConfig parse(StrictJson json) {
    json.inert("vision_token_id", "max_window_layers", "sliding_window");
    boolean nested = json.has("text_config");
    StrictJson textJson = nested ? json.object("text_config") : json;
    TextConfig text = text(textJson);
    if (nested) {
      textJson.onlyIfPresent("model_type", "qwen2_5_vl_text");
      textJson.inert(VISION_IDS);
      JsonParts.checkRepeated(json, textJson, text);
    }
    // Writers before transformers 5 said it in text_config alone, and so it counts there as well.
    boolean above = json.bool(JsonParts.TIED, false);
    boolean tied = textJson.bool(JsonParts.TIED, false) || above;
    Qwen25VisionConfig vision = vision(json.object("vision_config"), text);
    Qwen25VlConfig config =
        new Qwen25VlConfig(
            text,
            vision,
            tied,
            JsonParts.tokenId(json, "image_token_id", text),
            JsonParts.tokenId(json, "video_token_id", text),
            JsonParts.tokenId(json, "vision_start_token_id", text),
            JsonParts.tokenId(json, "vision_end_token_id", text),
            JsonParts.dtype(json, textJson));
    json.finish();
    return config;
  }

  private static TextConfig text(StrictJson json) {
    json.inert("max_window_layers", "sliding_window");
    json.onlyIfPresent("attention_dropout", JsonParts.NO_DROPOUT);
    json.onlyIfPresent("use_sliding_window", false);
    json.oneOf("hidden_act", "silu");
    int hidden = json.size("hidden_size");
    int heads = json.size("num_attention_heads");
    if (hidden % heads != 0) {
      json.problem("num_attention_heads", "is " + heads + " but must divide hidden_size " + hidden);
    }
    int headDim = Math.max(1, hidden / heads);
    json.onlyIfPresent("head_dim", headDim);
    int layers = json.size("num_hidden_layers");
    json.onlyIfPresent("layer_types", Collections.nCopies(layers, FULL_ATTENTION));
    StrictJson rope = JsonParts.rope(json);
    rope.onlyIfPresent("mrope_interleaved", false);
    return new TextConfig(
        json.size("vocab_size"),
        hidden,
        json.size("intermediate_size"),
        layers,
        heads,
        JsonParts.kvHeads(json, heads),
        headDim,
        json.number("rms_norm_eps"),
        JsonParts.ropeTheta(json, rope),
        JsonParts.mropeSection(rope, headDim),
        false,
        true,
        false,
        json.size("max_position_embeddings"));
  }

  private static Qwen25VisionConfig vision(StrictJson json, TextConfig text) {
    json.inert(JsonParts.TIED);
    json.oneOf("hidden_act", "silu");
    if (json.has("model_type")) {
      json.oneOf("model_type", "qwen2_5_vl", "qwen2_5_vl_vision");
    }
    JsonParts.visionRope(json);
    Qwen25VisionConfig vision =
        new Qwen25VisionConfig(
            json.size("depth"),
            json.size("hidden_size"),
            json.size("intermediate_size"),
            json.size("num_heads"),
            json.size("patch_size"),
            json.size("temporal_patch_size"),
            json.size("spatial_merge_size"),
            channels(json),
            json.size("out_hidden_size"),
            json.size("window_size"),
            json.integers("fullatt_block_indexes"),
            json.size("tokens_per_second"));
    json.onlyIfPresent("spatial_patch_size", vision.patchSize());
    check(json, vision, text);
    return vision;
  }

  /** Published files say {@code in_chans}; newer libraries write {@code in_channels}, or both. */
  private static int channels(StrictJson json) {
    if (!json.has("in_chans") && json.has("in_channels")) {
      return json.size("in_channels");
    }
    int channels = json.size("in_chans");
    json.onlyIfPresent("in_channels", channels);
    return channels;
  }

  private static void check(StrictJson json, Qwen25VisionConfig vision, TextConfig text) {
    JsonParts.checkVision(json, vision, text);
    int token = vision.spatialMergeSize() * vision.patchSize();
    if (vision.windowSize() % token != 0) {
      json.problem(
          "window_size",
          "is %d but must be a multiple of patch_size * spatial_merge_size = %d"
              .formatted(vision.windowSize(), token));
    }
    JsonParts.checkAscending(
        json, "fullatt_block_indexes", vision.fullAttentionBlocks(), vision.depth());
  }

  static void write(Qwen25VlConfig config, Path file) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add("Qwen2_5_VLForConditionalGeneration");
    root.put("model_type", config.modelType());
    writeText(config.text(), root);
    root.put("tie_word_embeddings", config.tieWordEmbeddings());
    root.put("torch_dtype", config.dtype());
    writeVision(config.vision(), root.putObject("vision_config"));
    root.put("vision_start_token_id", config.visionStartTokenId());
    root.put("vision_end_token_id", config.visionEndTokenId());
    root.put("image_token_id", config.imageTokenId());
    root.put("video_token_id", config.videoTokenId());
    JsonParts.write(root, file);
  }

  private static void writeText(TextConfig text, ObjectNode node) {
    node.put("attention_dropout", JsonParts.NO_DROPOUT);
    node.put("hidden_act", "silu");
    node.put("hidden_size", text.hiddenSize());
    node.put("intermediate_size", text.intermediateSize());
    node.put("max_position_embeddings", text.maxPositionEmbeddings());
    node.put("num_attention_heads", text.heads());
    node.put("num_hidden_layers", text.layers());
    node.put("num_key_value_heads", text.kvHeads());
    node.put("rms_norm_eps", text.rmsNormEps());
    ObjectNode rope = node.putObject("rope_scaling");
    JsonParts.add(rope.putArray("mrope_section"), text.mropeSection());
    rope.put("type", "mrope");
    node.put("rope_theta", text.ropeTheta());
    node.put("use_sliding_window", false);
    node.put("vocab_size", text.vocabSize());
  }

  private static void writeVision(Qwen25VisionConfig vision, ObjectNode node) {
    node.put("depth", vision.depth());
    JsonParts.add(node.putArray("fullatt_block_indexes"), vision.fullAttentionBlocks());
    node.put("hidden_act", "silu");
    node.put("hidden_size", vision.hiddenSize());
    node.put("in_chans", vision.inChannels());
    node.put("intermediate_size", vision.intermediateSize());
    node.put("model_type", Qwen25VlConfig.MODEL_TYPE);
    node.put("num_heads", vision.heads());
    node.put("out_hidden_size", vision.outHiddenSize());
    node.put("patch_size", vision.patchSize());
    node.put("spatial_merge_size", vision.spatialMergeSize());
    node.put("temporal_patch_size", vision.temporalPatchSize());
    node.put("tokens_per_second", vision.tokensPerSecond());
    node.put("window_size", vision.windowSize());
  }
}
