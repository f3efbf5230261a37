package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.parameter.Parameters;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.PackedMatrix;
import io.lockstep.tensor.RowProducts;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The language model's weights as {@link PackedTransformer} reads them: a copy, which takes as much
 * memory as they do. Layers that read the same inputs lie in one matrix.
 */
public final class PackedWeights implements AutoCloseable {

  private static final String LAYERS = Network.LANGUAGE + "layers.";

  private final Arena arena = Arena.ofShared();
  private final ModelConfig model;
  private final Buffer table;
  private final List<Layer> layers = new ArrayList<>();
  private final float[] finalNorm;
  private final PackedMatrix head;

  /**
   * A decoder layer.
   *
   * @param projections of query, key and value, one below the other
   * @param gates of gate and up, one below the other
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Layer(
      float[] beforeAttention,
      PackedMatrix projections,
      float @Nullable [] bias,
      float @Nullable [] queryNorm,
      float @Nullable [] keyNorm,
      PackedMatrix output,
      float[] beforeFeedForward,
      PackedMatrix gates,
      PackedMatrix down) {}

  private PackedWeights(ModelConfig model, Parameters weights) {
    this.model = model;
    TextConfig text = model.text();
    int hidden = text.hiddenSize();
    table = Buffer.of(weights.get(Network.LANGUAGE + "embed_tokens.weight"));
    for (int i = 0; i < text.layers(); i++) {
      layers.add(layer(weights, text, LAYERS + i + "."));
    }
    finalNorm = vector(weights, Network.LANGUAGE + "norm.weight");
    head =
        PackedMatrix.of(
            arena,
            List.of(model.tieWordEmbeddings() ? table : Buffer.of(weights.get("lm_head.weight"))),
            hidden);
  }

  private Layer layer(Parameters weights, TextConfig text, String prefix) {
    String attention = prefix + "self_attn.";
    String feedForward = prefix + "mlp.";
    List<String> projections =
        List.of(attention + "q_proj", attention + "k_proj", attention + "v_proj");
    int hidden = text.hiddenSize();
    return new Layer(
        vector(weights, prefix + "input_layernorm.weight"),
        matrix(weights, projections, hidden),
        text.attentionBias() ? joined(weights, projections) : null,
        text.queryKeyNorm() ? vector(weights, attention + "q_norm.weight") : null,
        text.queryKeyNorm() ? vector(weights, attention + "k_norm.weight") : null,
        matrix(weights, List.of(attention + "o_proj"), text.heads() * text.headDim()),
        vector(weights, prefix + "post_attention_layernorm.weight"),
        matrix(weights, List.of(feedForward + "gate_proj", feedForward + "up_proj"), hidden),
        matrix(weights, List.of(feedForward + "down_proj"), text.intermediateSize()));
  }

  /**
   * Packs weights, if they can be computed with so: float32 in host memory, without experts and
   * without an adapter, on a machine that has {@link RowProducts}.
   *
   * @param weights stay as they are, and valid, as long as this is used
   */
  static Optional<PackedWeights> of(ModelConfig model, Weights weights) {
    return weights instanceof Parameters plain
            && model.computeType() == Dtype.FLOAT32
            && isPlain(model)
            && plain.byName().values().stream().allMatch(PackedWeights::isFloat32)
            && RowProducts.areThere()
        ? Optional.of(new PackedWeights(model, plain))
        : Optional.empty();
  }

  private static boolean isPlain(ModelConfig model) {
    for (int i = 0; i < model.text().layers(); i++) {
      if (!(model.feedForward(i) instanceof FeedForward.Gated)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFloat32(NDArray array) {
    return Dtype.of(array) == Dtype.FLOAT32;
  }

  private PackedMatrix matrix(Parameters weights, List<String> names, int in) {
    List<Buffer> values =
        names.stream().map(name -> Buffer.of(weights.get(name + ".weight"))).toList();
    return PackedMatrix.of(arena, values, in);
  }

  private static float[] vector(Parameters weights, String name) {
    return Buffer.of(weights.get(name)).floats().toArray();
  }

  private static float[] joined(Parameters weights, List<String> names) {
    float[] all = new float[0];
    for (String name : names) {
      float[] bias = vector(weights, name + ".bias");
      int before = all.length;
      all = Arrays.copyOf(all, before + bias.length);
      System.arraycopy(bias, 0, all, before, bias.length);
    }
    return all;
  }

  ModelConfig model() {
    return model;
  }

  /** The embedding table, [V, H]. */
  Buffer table() {
    return table;
  }

  List<Layer> layers() {
    return layers;
  }

  float[] finalNorm() {
    return finalNorm;
  }

  PackedMatrix head() {
    return head;
  }

  @Override
  public void close() {
    arena.close();
  }
}
