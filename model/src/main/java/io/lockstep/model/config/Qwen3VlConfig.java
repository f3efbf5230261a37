package io.lockstep.model.config;

import java.io.IOException;
import java.nio.file.Path;

/** A Qwen3-VL model of any size. */
public record Qwen3VlConfig(
    TextConfig text,
    Qwen3VisionConfig vision,
    boolean tieWordEmbeddings,
    int imageTokenId,
    int videoTokenId,
    int visionStartTokenId,
    int visionEndTokenId,
    String dtype)
    implements ModelConfig {

  static final String MODEL_TYPE = "qwen3_vl";

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public void write(Path file) throws IOException {
    Qwen3VlJson.write(this, file);
  }
}
