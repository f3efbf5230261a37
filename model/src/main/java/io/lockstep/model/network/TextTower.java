package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The decoder.
 *
 * <p>Shapes: B rows, T tokens, H hidden size, h heads, k key-value heads, d head size.
 */
final class TextTower {

  private final TextConfig config;
  private final Weights weights;

  TextTower(TextConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
  }

  /**
   * How the tokens of a pass see each other.
   *
   * @param cos rotary cosines, [B, 1, T, d]
   * @param sin rotary sines, [B, 1, T, d]
   * @param mask added to the attention scores, [B, 1, T, keys]; absent if attention is purely
   *     causal
   */
  record Attention(NDArray cos, NDArray sin, @Nullable NDArray mask) {}

  /**
   * Features from the vision tower and where they go.
   *
   * @param rows rows of the flattened batch [B * T] that hold picture tokens, int64 [M]
   * @param features one array [M, H] for each of the first layers
   */
  record DeepStack(NDArray rows, List<NDArray> features) {}

  /** Runs all layers on [B, T, H]; the final norm is left to {@link #norm}. */
  NDArray layers(
      NDArray embedded_BTH,
      Attention attention,
      @Nullable DeepStack deepstack,
      @Nullable KvCache cache,
      BiConsumer<String, NDArray> probe) {
    NDArray hidden_BTH = embedded_BTH;
    for (int layer = 0; layer < config.layers(); layer++) {
      hidden_BTH = layer(layer, hidden_BTH, attention, cache);
      probe.accept("text_layer_" + layer, hidden_BTH);
      if (deepstack != null && layer < deepstack.features().size()) {
        hidden_BTH = addAt(hidden_BTH, deepstack.rows(), deepstack.features().get(layer));
      }
    }
    return hidden_BTH;
  }

  /** Final norm of [.., H]. */
  NDArray norm(NDArray hidden) {
    return norm("norm", hidden);
  }

  /** One layer on [B, T, H], without what DeepStack adds to its output. */
  NDArray layer(int layer, NDArray hidden_BTH, Attention attention, @Nullable KvCache cache) {
    String prefix = "layers." + layer + ".";
    NDArray attended_BTH =
        attend(
            layer,
            prefix + "self_attn.",
            norm(prefix + "input_layernorm", hidden_BTH),
            attention,
            cache);
    NDArray middle_BTH = hidden_BTH.add(attended_BTH);
    NDArray normed_BTH = norm(prefix + "post_attention_layernorm", middle_BTH);
    NDArray gate = Ops.silu(linear(prefix + "mlp.gate_proj", normed_BTH));
    NDArray inner = gate.mul(linear(prefix + "mlp.up_proj", normed_BTH));
    return middle_BTH.add(linear(prefix + "mlp.down_proj", inner));
  }

  private NDArray attend(
      int layer, String prefix, NDArray normed_BTH, Attention attention, @Nullable KvCache cache) {
    long rows = normed_BTH.getShape().get(0);
    long tokens = normed_BTH.getShape().get(1);
    NDArray query = heads(prefix + "q", normed_BTH, rows, tokens, config.heads());
    NDArray key = heads(prefix + "k", normed_BTH, rows, tokens, config.kvHeads());
    NDArray rotatedQuery_BhTd = rotated(prefix + "q_norm", query, attention);
    NDArray rotatedKey_BkTd = rotated(prefix + "k_norm", key, attention);
    NDArray value_BkTd =
        heads(prefix + "v", normed_BTH, rows, tokens, config.kvHeads()).transpose(0, 2, 1, 3);
    if (cache != null) {
      KvCache.Entry entry = cache.append(layer, rotatedKey_BkTd, value_BkTd);
      rotatedKey_BkTd = entry.keys();
      value_BkTd = entry.values();
    }
    NDArray out_BhTd =
        Ops.scaledDotProductAttention(
            rotatedQuery_BhTd,
            rotatedKey_BkTd,
            value_BkTd,
            attention.mask(),
            attention.mask() == null && tokens > 1,
            1 / Math.sqrt(config.headDim()),
            config.heads() != config.kvHeads());
    NDArray joined =
        out_BhTd
            .transpose(0, 2, 1, 3)
            .reshape(rows, tokens, (long) config.heads() * config.headDim());
    return linear(prefix + "o_proj", joined);
  }

  /** Heads [B, T, h, d], normalised if the family does so, rotated, as [B, h, T, d]. */
  private NDArray rotated(String norm, NDArray heads_BThd, Attention attention) {
    NDArray normed = config.queryKeyNorm() ? norm(norm, heads_BThd) : heads_BThd;
    return Ops.rotary(normed.transpose(0, 2, 1, 3), attention.cos(), attention.sin());
  }

  private NDArray heads(String name, NDArray x_BTH, long rows, long tokens, int heads) {
    return linear(name + "_proj", x_BTH).reshape(rows, tokens, heads, config.headDim());
  }

  /** Adds features [M, H] to those rows of the flattened [B * T, H]. */
  static NDArray addAt(NDArray hidden_BTH, NDArray rows, NDArray features_MH) {
    long hidden = features_MH.getShape().get(1);
    NDArray flat = hidden_BTH.reshape(-1, hidden);
    return Ops.indexAdd(flat, 0, rows, features_MH).reshape(hidden_BTH.getShape());
  }

  private NDArray norm(String name, NDArray x) {
    return Ops.rmsNorm(
        x, weights.get(ModelLayout.LANGUAGE + name + ".weight"), config.rmsNormEps());
  }

  private NDArray linear(String name, NDArray x) {
    return weights.linear(ModelLayout.LANGUAGE + name, x);
  }
}
