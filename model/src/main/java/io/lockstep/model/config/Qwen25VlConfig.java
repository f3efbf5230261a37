package io.lockstep.model.config;

import java.io.IOException;
import java.nio.file.Path;

/** A Qwen2.5-VL model of any size. */
public record Qwen25VlConfig(
    TextConfig text,
    Qwen25VisionConfig vision,
    boolean tieWordEmbeddings,
    int imageTokenId,
    int videoTokenId,
    int visionStartTokenId,
    int visionEndTokenId,
    String dtype)
    implements ModelConfig {

  static final String MODEL_TYPE = "qwen2_5_vl";

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public void write(Path file) throws IOException {
    Qwen25VlJson.write(this, file);
  }
}
