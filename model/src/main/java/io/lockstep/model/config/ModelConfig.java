package io.lockstep.model.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The shape of a vision-language model, as its {@code config.json} tells it. */
public sealed interface ModelConfig permits Qwen25VlConfig, Qwen3VlConfig {

  /** Says that the stored weights are none of the types that are read. */
  String QUANTIZATION = "quantization_config";

  /** The family's name in {@code config.json}. */
  String modelType();

  /** The language model. */
  TextConfig text();

  /** The vision tower. */
  VisionConfig vision();

  /** Whether the output projection is the embedding table itself; then no lm_head is stored. */
  boolean tieWordEmbeddings();

  /** Placeholder that is replaced by one merged vision embedding. */
  int imageTokenId();

  /** Placeholder of videos, which are not supported as input. */
  int videoTokenId();

  /** Ordinary token before the placeholders of a picture. */
  int visionStartTokenId();

  /** Ordinary token after the placeholders of a picture. */
  int visionEndTokenId();

  /** Type of the stored weights: {@code float32}, {@code bfloat16} or {@code float16}. */
  String dtype();

  /** Writes {@code config.json} in the public layout, replacing {@code file}. */
  void write(Path file) throws IOException;

  /**
   * Reads {@code config.json}. Keys that are null count as absent, and those that change nothing in
   * what is computed may stand at any level.
   *
   * @throws InvalidConfigException naming every missing key, unsupported value and unknown key
   */
  static ModelConfig read(Path configJson) throws IOException {
    StrictJson json = StrictJson.read(configJson, InertKeys::contains);
    if (json.has(QUANTIZATION)) {
      json.inert(QUANTIZATION);
      json.problem(
          QUANTIZATION,
          "is not supported: save the model with its weights in float32, bfloat16 or float16");
    }
    String type = json.string("model_type");
    return switch (type) {
      case Qwen25VlConfig.MODEL_TYPE -> Qwen25VlJson.parse(json);
      case Qwen3VlConfig.MODEL_TYPE -> Qwen3VlJson.parse(json);
      default ->
          throw new InvalidConfigException(
              configJson,
              List.of(
                  "model_type is '%s' but must be one of %s, %s"
                      .formatted(type, Qwen25VlConfig.MODEL_TYPE, Qwen3VlConfig.MODEL_TYPE)));
    };
  }
}
