package io.lockstep.model.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The public {@code config.json} layout of Qwen3-VL. */
final class Qwen3VlJson {
  private static final double NO_DROPOUT = 0.0;
  private static final String[] DTYPES = {"float32", "bfloat16", "float16"};

  private Qwen3VlJson() {}

  static Qwen3VlConfig parse(StrictJson json) {
    json.inert("architectures", "transformers_version");
    boolean tied = json.bool("tie_word_embeddings");
    StrictJson textJson = json.object("text_config");
    TextConfig text = text(textJson, tied);
    Qwen3VisionConfig vision = vision(json.object("vision_config"), text);
    Qwen3VlConfig config =
        new Qwen3VlConfig(
            text,
            vision,
            tied,
            tokenId(json, "image_token_id", text),
            tokenId(json, "video_token_id", text),
            tokenId(json, "vision_start_token_id", text),
            tokenId(json, "vision_end_token_id", text),
            dtype(json, textJson));
    json.finish();
    return config;
  }

  private static int tokenId(StrictJson json, String key, TextConfig text) {
    int id = json.integer(key, 0);
    if (json.has(key) && id >= text.vocabSize()) {
      json.problem(key, "is " + id + ", outside the vocabulary of " + text.vocabSize());
    }
    return id;
  }

  /** Published files say {@code torch_dtype}, or {@code dtype} in one of two places. */
  private static String dtype(StrictJson json, StrictJson text) {
    if (json.has("torch_dtype")) {
      return json.oneOf("torch_dtype", DTYPES);
    }
    return !json.has("dtype") && text.has("dtype")
        ? text.oneOf("dtype", DTYPES)
        : json.oneOf("dtype", DTYPES);
  }

  private static TextConfig text(StrictJson json, boolean tied) {
    json.inert("initializer_range", "use_cache", "dtype", "torch_dtype");
    json.inert("bos_token_id", "eos_token_id", "pad_token_id");
    json.onlyIfPresent("model_type", "qwen3_vl_text");
    json.onlyIfPresent("attention_dropout", NO_DROPOUT);
    json.onlyIfPresent("tie_word_embeddings", tied);
    json.oneOf("hidden_act", "silu");
    if (json.bool("attention_bias")) {
      json.problem("attention_bias", "is true but Qwen3-VL has no attention bias");
    }
    int headDim = json.size("head_dim");
    int heads = json.size("num_attention_heads");
    int kvHeads = json.size("num_key_value_heads");
    if (heads % kvHeads != 0) {
      json.problem(
          "num_key_value_heads", "is " + kvHeads + " but must divide the " + heads + " heads");
    }
    StrictJson rope = rope(json);
    double theta = rope.has("rope_theta") ? rope.number("rope_theta") : json.number("rope_theta");
    return new TextConfig(
        json.size("vocab_size"),
        json.size("hidden_size"),
        json.size("intermediate_size"),
        json.size("num_hidden_layers"),
        heads,
        kvHeads,
        headDim,
        json.number("rms_norm_eps"),
        theta,
        mropeSection(rope, headDim),
        false,
        json.size("max_position_embeddings"));
  }

  private static StrictJson rope(StrictJson json) {
    StrictJson rope =
        json.has("rope_scaling") ? json.object("rope_scaling") : json.object("rope_parameters");
    if (!rope.has("rope_type") && rope.has("type")) {
      rope.oneOf("type", "default", "mrope");
    } else {
      rope.oneOf("rope_type", "default", "mrope");
      rope.inert("type");
    }
    return rope;
  }

  private static List<Integer> mropeSection(StrictJson rope, int headDim) {
    if (!rope.bool("mrope_interleaved") && rope.has("mrope_interleaved")) {
      rope.problem("mrope_interleaved", "must be true for Qwen3-VL");
    }
    List<Integer> sections = rope.integers("mrope_section");
    int sum = sections.stream().mapToInt(Integer::intValue).sum();
    if (!sections.isEmpty() && (sections.size() != 3 || sum * 2 != headDim)) {
      rope.problem(
          "mrope_section",
          "is %s but must be three numbers that sum to head_dim / 2 = %d"
              .formatted(sections, headDim / 2));
    }
    return sections;
  }

  private static Qwen3VisionConfig vision(StrictJson json, TextConfig text) {
    json.inert("initializer_range", "dtype", "torch_dtype");
    json.oneOf("hidden_act", "gelu_pytorch_tanh");
    if (json.has("model_type")) {
      json.oneOf("model_type", "qwen3_vl", "qwen3_vl_vision");
    }
    if (json.has("rope_parameters")) {
      StrictJson rope = json.object("rope_parameters");
      rope.onlyIfPresent("rope_theta", VisionConfig.ROPE_THETA);
      rope.onlyIfPresent("rope_type", "axial");
    }
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
    if (vision.hiddenSize() % (4 * vision.heads()) != 0) {
      json.problem(
          "num_heads",
          "is %d but heads of hidden_size %d must have a width that is a multiple of 4"
              .formatted(vision.heads(), vision.hiddenSize()));
    }
    int side = vision.positionGridSide();
    if (side * side != vision.numPositionEmbeddings()) {
      json.problem("num_position_embeddings", "must be a square number");
    }
    if (vision.outHiddenSize() != text.hiddenSize()) {
      json.problem(
          "out_hidden_size",
          "is %d but the language model's hidden_size is %d"
              .formatted(vision.outHiddenSize(), text.hiddenSize()));
    }
    int previous = -1;
    for (int index : vision.deepstackVisualIndexes()) {
      if (index <= previous || index >= vision.depth()) {
        json.problem("deepstack_visual_indexes", "must ascend and be less than depth");
        break;
      }
      previous = index;
    }
    if (vision.deepstackVisualIndexes().size() > text.layers()) {
      json.problem("deepstack_visual_indexes", "must not be more than the decoder layers");
    }
  }

  static void write(Qwen3VlConfig config, Path file) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add("Qwen3VLForConditionalGeneration");
    root.put("dtype", config.dtype());
    root.put("image_token_id", config.imageTokenId());
    root.put("model_type", config.modelType());
    writeText(config, root.putObject("text_config"));
    root.put("tie_word_embeddings", config.tieWordEmbeddings());
    root.put("video_token_id", config.videoTokenId());
    writeVision(config.vision(), root.putObject("vision_config"));
    root.put("vision_end_token_id", config.visionEndTokenId());
    root.put("vision_start_token_id", config.visionStartTokenId());
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    Files.writeString(file, json + "\n", StandardCharsets.UTF_8);
  }

  private static void writeText(Qwen3VlConfig config, ObjectNode node) {
    TextConfig text = config.text();
    node.put("attention_bias", text.attentionBias());
    node.put("attention_dropout", NO_DROPOUT);
    node.put("head_dim", text.headDim());
    node.put("hidden_act", "silu");
    node.put("hidden_size", text.hiddenSize());
    node.put("intermediate_size", text.intermediateSize());
    node.put("max_position_embeddings", text.maxPositionEmbeddings());
    node.put("model_type", "qwen3_vl_text");
    node.put("num_attention_heads", text.heads());
    node.put("num_hidden_layers", text.layers());
    node.put("num_key_value_heads", text.kvHeads());
    node.put("rms_norm_eps", text.rmsNormEps());
    ObjectNode rope = node.putObject("rope_parameters");
    rope.put("mrope_interleaved", true);
    add(rope.putArray("mrope_section"), text.mropeSection());
    rope.put("rope_theta", text.ropeTheta());
    rope.put("rope_type", "default");
    node.put("tie_word_embeddings", config.tieWordEmbeddings());
    node.put("vocab_size", text.vocabSize());
  }

  private static void writeVision(Qwen3VisionConfig vision, ObjectNode node) {
    add(node.putArray("deepstack_visual_indexes"), vision.deepstackVisualIndexes());
    node.put("depth", vision.depth());
    node.put("hidden_act", "gelu_pytorch_tanh");
    node.put("hidden_size", vision.hiddenSize());
    node.put("in_channels", vision.inChannels());
    node.put("intermediate_size", vision.intermediateSize());
    node.put("model_type", "qwen3_vl_vision");
    node.put("num_heads", vision.heads());
    node.put("num_position_embeddings", vision.numPositionEmbeddings());
    node.put("out_hidden_size", vision.outHiddenSize());
    node.put("patch_size", vision.patchSize());
    node.put("spatial_merge_size", vision.spatialMergeSize());
    node.put("temporal_patch_size", vision.temporalPatchSize());
  }

  private static void add(ArrayNode array, List<Integer> values) {
    values.forEach(array::add);
  }
}
