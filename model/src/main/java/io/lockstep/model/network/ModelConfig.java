package io.lockstep.model.network;

import static io.lockstep.model.parameter.ParameterSpec.Module.LLM;

import io.lockstep.model.config.TextConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.detection.DetectionConfig;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A vision-language model of some family, as its {@code config.json} tells it: its sizes, and what
 * of its network, names and inputs is the family's.
 */
public interface ModelConfig {

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

  /** The network of the vision tower. */
  VisionTower visionTower();

  /** How the rotary embeddings of the language model are rounded. */
  CosSin.Rounding rotaryRounding();

  /** What a decoder layer computes of each token alone. */
  default FeedForward feedForward(int layer) {
    String prefix = Network.LANGUAGE + "layers." + layer + ".mlp.";
    return FeedForward.Gated.of(LLM, prefix, text().hiddenSize(), text().intermediateSize(), false);
  }

  /** What sends the tokens of a layer to experts, if it has some. */
  default Optional<Router> router(int layer) {
    return Optional.empty();
  }

  /** Inner values that a token has in the feed-forward network of a layer, for counting costs. */
  default int feedForwardWidth(int layer) {
    return text().intermediateSize();
  }

  /** The same on average over the layers. */
  default double feedForwardWidth() {
    return IntStream.range(0, text().layers()).map(this::feedForwardWidth).average().orElse(0);
  }

  /** Experts that a token goes through in a layer that has some, for counting costs. */
  default int expertsPerToken() {
    return 1;
  }

  /** The head that finds objects; most models have none. */
  default Optional<DetectionConfig> detection() {
    return Optional.empty();
  }

  /** The same model with a head that finds objects, in the place of one that it has. */
  default ModelConfig detecting(DetectionConfig head) {
    return new AdjustedConfig(this, Optional.of(head), computeType(), attention());
  }

  /**
   * The type of activations and of the weights that they are multiplied with; logits, losses and
   * the gradients of weights are float32 in any case.
   */
  default Dtype computeType() {
    return Dtype.FLOAT32;
  }

  /** The same model computing in another type, float32 or bfloat16. */
  default ModelConfig computingIn(Dtype type) {
    return type == computeType() ? this : new AdjustedConfig(this, detection(), type, attention());
  }

  /** How attention is computed. */
  default Attention.Implementation attention() {
    return Attention.Implementation.SDPA;
  }

  /** The same model with attention computed otherwise. */
  default ModelConfig attendingBy(Attention.Implementation implementation) {
    return implementation == attention()
        ? this
        : new AdjustedConfig(this, detection(), computeType(), implementation);
  }

  /** The system message of conversations that have none. */
  default Optional<String> defaultSystem() {
    return Optional.empty();
  }

  /** The name under which a parameter is stored. */
  default String storedName(String parameter) {
    return parameter;
  }

  /** The parameter that a stored name means. */
  default String parameterName(String stored) {
    return stored;
  }

  /** Names, shapes and places of all parameters, in the order in which they are computed with. */
  default ParameterLayout layout() {
    return new Network(this).layout();
  }
}
