package io.lockstep.model.network;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model with what its public {@code config.json} can't say, which stays the model's own: a
 * detection head, whose sizes are written beside it, the type that is computed in, and how
 * attention is computed.
 *
 * @param model without them
 * @param detection the head's sizes, if it has one
 */
record AdjustedConfig(
    ModelConfig model,
    Optional<DetectionConfig> detection,
    Dtype computeType,
    Attention.Implementation attention)
    implements ModelConfig {

  AdjustedConfig {
    if (computeType != Dtype.FLOAT32 && computeType != Dtype.BFLOAT16) {
      throw new IllegalArgumentException(
          "models compute in FLOAT32 or BFLOAT16, not in " + computeType);
    }
  }

  @Override
  public ModelConfig detecting(DetectionConfig other) {
    return new AdjustedConfig(model, Optional.of(other), computeType, attention);
  }

  @Override
  public ModelConfig computingIn(Dtype type) {
    return new AdjustedConfig(model, detection, type, attention);
  }

  @Override
  public ModelConfig attendingBy(Attention.Implementation other) {
    return new AdjustedConfig(model, detection, computeType, other);
  }

  @Override
  public String modelType() {
    return model.modelType();
  }

  @Override
  public TextConfig text() {
    return model.text();
  }

  @Override
  public VisionConfig vision() {
    return model.vision();
  }

  @Override
  public boolean tieWordEmbeddings() {
    return model.tieWordEmbeddings();
  }

  @Override
  public int imageTokenId() {
    return model.imageTokenId();
  }

  @Override
  public int videoTokenId() {
    return model.videoTokenId();
  }

  @Override
  public int visionStartTokenId() {
    return model.visionStartTokenId();
  }

  @Override
  public int visionEndTokenId() {
    return model.visionEndTokenId();
  }

  @Override
  public String dtype() {
    return model.dtype();
  }

  @Override
  public void write(Path file) throws IOException {
    model.write(file);
  }

  @Override
  public VisionTower visionTower() {
    return model.visionTower();
  }

  @Override
  public CosSin.Rounding rotaryRounding() {
    return model.rotaryRounding();
  }

  @Override
  public FeedForward feedForward(int layer) {
    return model.feedForward(layer);
  }

  @Override
  public Optional<Router> router(int layer) {
    return model.router(layer);
  }

  @Override
  public int feedForwardWidth(int layer) {
    return model.feedForwardWidth(layer);
  }

  @Override
  public double feedForwardWidth() {
    return model.feedForwardWidth();
  }

  @Override
  public int expertsPerToken() {
    return model.expertsPerToken();
  }

  @Override
  public Optional<String> defaultSystem() {
    return model.defaultSystem();
  }

  @Override
  public String storedName(String parameter) {
    return model.storedName(parameter);
  }

  @Override
  public String parameterName(String stored) {
    return model.parameterName(stored);
  }
}
