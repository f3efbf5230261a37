package io.lockstep.model.family.qwen3vlmoe;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VisionConfig;
import io.lockstep.model.family.qwen3vl.Qwen3VlConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.network.Network;
import io.lockstep.model.network.Router;
import io.lockstep.model.network.VisionTower;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A Qwen3-VL-MoE model of any size.
 *
 * @param dense all that a Qwen3-VL has, too
 * @param moe the experts
 */
public record Qwen3VlMoeConfig(Qwen3VlConfig dense, MoeConfig moe) implements ModelConfig {

  static final String MODEL_TYPE = "qwen3_vl_moe";

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public TextConfig text() {
    return dense.text();
  }

  @Override
  public Qwen3VisionConfig vision() {
    return dense.vision();
  }

  @Override
  public boolean tieWordEmbeddings() {
    return dense.tieWordEmbeddings();
  }

  @Override
  public int imageTokenId() {
    return dense.imageTokenId();
  }

  @Override
  public int videoTokenId() {
    return dense.videoTokenId();
  }

  @Override
  public int visionStartTokenId() {
    return dense.visionStartTokenId();
  }

  @Override
  public int visionEndTokenId() {
    return dense.visionEndTokenId();
  }

  @Override
  public String dtype() {
    return dense.dtype();
  }

  @Override
  public VisionTower visionTower() {
    return dense.visionTower();
  }

  @Override
  public CosSin.Rounding rotaryRounding() {
    return dense.rotaryRounding();
  }

  @Override
  public FeedForward feedForward(int layer) {
    String prefix = Network.LANGUAGE + "layers." + layer + ".mlp.";
    return moe.isSparse(layer)
        ? new Experts(moe, prefix, text().hiddenSize())
        : dense.feedForward(layer);
  }

  @Override
  public Optional<Router> router(int layer) {
    return moe.isSparse(layer) ? Optional.of(moe.router()) : Optional.empty();
  }

  @Override
  public int feedForwardWidth(int layer) {
    return moe.isSparse(layer)
        ? moe.expertsPerToken() * moe.intermediateSize()
        : text().intermediateSize();
  }

  @Override
  public int expertsPerToken() {
    return moe.expertsPerToken();
  }

  @Override
  public void write(Path file) throws IOException {
    Qwen3VlMoeFamily.write(this, file);
  }
}
