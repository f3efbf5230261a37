package io.lockstep.model.family.qwen3vl;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.VisionTower;
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
    Qwen3VlFamily.write(this, file);
  }

  @Override
  public VisionTower visionTower() {
    return new Qwen3VisionTower(vision);
  }

  @Override
  public CosSin.Rounding rotaryRounding() {
    return CosSin.Rounding.ONCE;
  }
}
