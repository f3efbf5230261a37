package io.lockstep.model.config;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lockstep.data.file.FileWrites;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the families' {@code config.json} have in common. */
public final class JsonParts {
  public static final String TIED = "tie_word_embeddings";
  public static final double NO_DROPOUT = 0.0;
  private static final int CHANNELS = 3;
  private static final String[] DTYPES = {"float32", "bfloat16", "float16"};
  private static final List<String> ROPE = List.of("rope_scaling", "rope_parameters");

  /** What decides the language model's computation. */
  private static final String[] REPEATED = {
    "attention_bias",
    "attention_dropout",
    "head_dim",
    "hidden_act",
    "hidden_size",
    "intermediate_size",
    "layer_types",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "rms_norm_eps",
    "use_sliding_window",
    "vocab_size",
  };

  private JsonParts() {}

  public static int tokenId(StrictJson json, String key, TextConfig text) {
    int id = json.integer(key, 0);
    if (json.has(key) && id >= text.vocabSize()) {
      json.problem(key, "is " + id + ", outside the vocabulary of " + text.vocabSize());
    }
    return id;
  }

  /**
   * The declared type of the weights: published files say {@code torch_dtype}, or {@code dtype} in
   * one of two places; a file that says nothing means float32.
   */
  public static String dtype(StrictJson json, StrictJson text) {
    for (StrictJson place : List.of(json, text)) {
      for (String key : List.of("dtype", "torch_dtype")) {
        if (place.has(key)) {
          return place.oneOf(key, DTYPES);
        }
      }
    }
    return DTYPES[0];
  }

  /**
   * Checks what some writers repeat at the top level beside a {@code text_config}, which is what
   * counts: a file that says two things is refused.
   */
  public static void checkRepeated(StrictJson json, StrictJson text, TextConfig config) {
    json.sameIfPresent(text, REPEATED);
    for (String key : ROPE) {
      if (json.has(key)) {
        StrictJson rope = json.object(key);
        rope.inert("type", "rope_type");
        rope.onlyIfPresent("mrope_section", config.mropeSection());
        rope.onlyIfPresent("mrope_interleaved", config.mropeInterleaved());
        rope.onlyIfPresent("rope_theta", config.ropeTheta());
      }
    }
    json.onlyIfPresent("rope_theta", config.ropeTheta());
  }

  public static int kvHeads(StrictJson json, int heads) {
    int kvHeads = json.size("num_key_value_heads");
    if (heads % kvHeads != 0) {
      json.problem(
          "num_key_value_heads", "is " + kvHeads + " but must divide the " + heads + " heads");
    }
    return kvHeads;
  }

  /** The rotary settings, under their older or their newer name. */
  public static StrictJson rope(StrictJson json) {
    StrictJson rope = json.object(json.has("rope_scaling") ? "rope_scaling" : "rope_parameters");
    if (!rope.has("rope_type") && rope.has("type")) {
      rope.oneOf("type", "default", "mrope");
    } else {
      rope.oneOf("rope_type", "default", "mrope");
      rope.inert("type");
    }
    return rope;
  }

  /** The base of the rotary frequencies: beside the other settings, or among them. */
  public static double ropeTheta(StrictJson json, StrictJson rope) {
    return rope.has("rope_theta") ? rope.number("rope_theta") : json.number("rope_theta");
  }

  public static List<Integer> mropeSection(StrictJson rope, int headDim) {
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

  public static void visionRope(StrictJson vision) {
    if (vision.has("rope_parameters")) {
      StrictJson rope = vision.object("rope_parameters");
      rope.onlyIfPresent("rope_theta", VisionConfig.ROPE_THETA);
      rope.onlyIfPresent("rope_type", "axial");
    }
  }

  public static void checkVision(StrictJson json, VisionConfig vision, TextConfig text) {
    for (String key : List.of("in_chans", "in_channels")) {
      if (json.has(key) && vision.inChannels() != CHANNELS) {
        json.problem(
            key, "is " + vision.inChannels() + " but pictures have " + CHANNELS + " channels");
      }
    }
    if (vision.hiddenSize() % (4 * vision.heads()) != 0) {
      json.problem(
          "num_heads",
          "is %d but heads of hidden_size %d must have a width that is a multiple of 4"
              .formatted(vision.heads(), vision.hiddenSize()));
    }
    if (vision.outHiddenSize() != text.hiddenSize()) {
      json.problem(
          "out_hidden_size",
          "is %d but the language model's hidden_size is %d"
              .formatted(vision.outHiddenSize(), text.hiddenSize()));
    }
  }

  /** Blocks of a tower must be listed in order. */
  public static void checkAscending(StrictJson json, String key, List<Integer> blocks, int depth) {
    int previous = -1;
    for (int block : blocks) {
      if (block <= previous || block >= depth) {
        json.problem(key, "must ascend and be less than depth");
        return;
      }
      previous = block;
    }
  }

  public static void add(ArrayNode array, List<Integer> values) {
    values.forEach(array::add);
  }

  public static void write(ObjectNode root, Path file) throws IOException {
    String json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(root);
    FileWrites.text(file, json + "\n");
  }
}
