package io.lockstep.model.family.qwen25vl;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.VisionTower;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

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
    Qwen25VlFamily.write(this, file);
  }

  @Override
  public VisionTower visionTower() {
    return new Qwen25VisionTower(vision);
  }

  @Override
  public CosSin.Rounding rotaryRounding() {
    return CosSin.Rounding.AS_LIBTORCH;
  }

  @Override
  public Optional<String> defaultSystem() {
    return Optional.of("You are a helpful assistant.");
  }

  @Override
  public String storedName(String parameter) {
    return StoredNames.stored(parameter);
  }

  @Override
  public String parameterName(String stored) {
    return StoredNames.parameter(stored);
  }
}
