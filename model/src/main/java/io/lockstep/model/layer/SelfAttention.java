package io.lockstep.model.layer;

import static io.lockstep.model.parameter.ParameterSpec.Module.LLM;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Ops;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Causal attention of a decoder layer, with as many key-value heads as the configuration says.
 *
 * <p>Shapes: B rows, T tokens, H hidden size, h heads, k key-value heads, d head size.
 */
public final class SelfAttention implements Block {

  private final TextConfig config;
  private final int layer;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final @Nullable Norm queryNorm;
  private final @Nullable Norm keyNorm;

  /**
   * How the tokens of a pass see each other.
   *
   * @param cosSin of the tokens' positions, [B, 1, T, d] each
   * @param mask added to the attention scores, [B, 1, T, keys]; absent if attention is purely
   *     causal
   * @param attention how attention is computed
   */
  public record Tokens(CosSin cosSin, @Nullable NDArray mask, Attention.Implementation attention) {}

  /**
   * The attention of a layer.
   *
   * @param prefix name of the module, with a dot at its end
   */
  public SelfAttention(TextConfig config, int layer, String prefix) {
    this.config = config;
    this.layer = layer;
    long hidden = config.hiddenSize();
    long queries = (long) config.heads() * config.headDim();
    long keys = (long) config.kvHeads() * config.headDim();
    boolean bias = config.attentionBias();
    query = new Linear(LLM, prefix + "q_proj", hidden, queries, bias);
    key = new Linear(LLM, prefix + "k_proj", hidden, keys, bias);
    value = new Linear(LLM, prefix + "v_proj", hidden, keys, bias);
    output = new Linear(LLM, prefix + "o_proj", queries, hidden, false);
    queryNorm = config.queryKeyNorm() ? headNorm(prefix + "q_norm") : null;
    keyNorm = config.queryKeyNorm() ? headNorm(prefix + "k_norm") : null;
  }

  private Norm headNorm(String name) {
    return new Norm.Rms(LLM, name, config.headDim(), config.rmsNormEps());
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> all = new ArrayList<>(Block.parametersOf(query, key, value, output));
    if (queryNorm != null && keyNorm != null) {
      all.addAll(Block.parametersOf(queryNorm, keyNorm));
    }
    return all;
  }

  /** Attends with normalised [B, T, H]; keys and values go through the cache if there is one. */
  public NDArray apply(
      Weights weights, NDArray normed_BTH, Tokens tokens, @Nullable KvCache cache) {
    long rows = normed_BTH.getShape().get(0);
    long length = normed_BTH.getShape().get(1);
    NDArray query_BThd = heads(query.apply(weights, normed_BTH), config.heads());
    NDArray key_BTkd = heads(key.apply(weights, normed_BTH), config.kvHeads());
    NDArray query_BhTd = rotated(weights, queryNorm, query_BThd, tokens.cosSin());
    NDArray key_BkTd = rotated(weights, keyNorm, key_BTkd, tokens.cosSin());
    NDArray value_BkTd =
        heads(value.apply(weights, normed_BTH), config.kvHeads()).transpose(0, 2, 1, 3);
    if (cache != null) {
      KvCache.Entry entry = cache.append(layer, key_BkTd, value_BkTd);
      key_BkTd = entry.keys();
      value_BkTd = entry.values();
    }
    NDArray attended_BhTd =
        Attention.apply(
            tokens.attention(),
            query_BhTd,
            key_BkTd,
            value_BkTd,
            tokens.mask(),
            tokens.mask() == null && length > 1,
            1 / Math.sqrt(config.headDim()));
    NDArray joined =
        attended_BhTd
            .transpose(0, 2, 1, 3)
            .reshape(rows, length, (long) config.heads() * config.headDim());
    return output.apply(weights, joined);
  }

  private NDArray heads(NDArray x_BTw, int heads) {
    return x_BTw.reshape(x_BTw.getShape().get(0), x_BTw.getShape().get(1), heads, config.headDim());
  }

  /** Heads [B, T, h, d], normalised if the family does so, rotated, as [B, h, T, d]. */
  private static NDArray rotated(
      Weights weights, @Nullable Norm norm, NDArray heads_BThd, CosSin cosSin) {
    NDArray normed = norm == null ? heads_BThd : norm.apply(weights, heads_BThd);
    return Ops.rotary(normed.transpose(0, 2, 1, 3), cosSin.cos(), cosSin.sin());
  }
}
