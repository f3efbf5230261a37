package io.lockstep.model.cost;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterSpec.Module;
import java.util.Optional;

/**
 * Values of a decoder layer for a whole batch. Attention whose key-value heads serve several query
 * heads has no fused kernel on processors: it keeps repeated keys and values, and the matrix of
 * weights.
 *
 * @param results of all its operators
 * @param saved what differentiation keeps of them; the layer's input is not among them
 * @param scores one matrix of attention weights; 0 where a fused kernel has none
 */
record DecoderLayer(double results, double saved, double scores) {

  /** Negated half, turned, both products and their sum. */
  private static final double ROTARY = 4.5;

  /** Square, normalised, weighted. */
  private static final int NORM_RESULTS = 3;

  /** The update, scaled, added; DoRA's base part, both parts redirected, and their sum. */
  static final int LORA_RESULTS = 3;

  static final int DORA_RESULTS = 7;

  /** What DoRA's magnitudes are differentiated with. */
  static final int DORA_SAVED = 2;

  static DecoderLayer of(
      ModelConfig config, ActivationBytes.Load load, Optional<AdapterPlan> adapter) {
    TextConfig text = config.text();
    double width = text.hiddenSize();
    double queries = (double) text.heads() * text.headDim();
    double keys = (double) text.kvHeads() * text.headDim();
    boolean fused = text.heads() == text.kvHeads();
    double scores = fused ? 0 : (double) load.rows() * text.heads() * load.length() * load.length();
    double normed = text.queryKeyNorm() ? queries + keys : 0;
    // Scaled queries, repeated and scaled keys, repeated values, and heads joined by a copy.
    double attention = fused ? queries : 5 * queries;
    double results =
        2 * NORM_RESULTS * width
            + queries
            + 2 * keys
            + NORM_RESULTS * normed
            + ROTARY * (queries + keys)
            + attention
            + 4 * width
            + 4.0 * config.feedForwardWidth();
    // A norm whose weight is trained keeps what that is multiplied with.
    int perNorm = adapter.isPresent() ? 1 : 2;
    double saved =
        (2 * perNorm + 1) * width
            + perNorm * normed
            + (fused ? 2 * (queries + keys) : 4 * queries)
            + 4.0 * config.feedForwardWidth();
    boolean dora = adapter.map(plan -> plan.config().dora()).orElse(false);
    double tokens = load.tokens();
    double routed = tokens * config.expertsPerToken();
    return new DecoderLayer(
        tokens * results
            + scores
            + ActivationBytes.updates(
                adapter, Module.LLM, tokens, text.layers(), dora ? DORA_RESULTS : LORA_RESULTS)
            + ActivationBytes.expertUpdates(adapter, routed, text.layers(), LORA_RESULTS),
        tokens * saved
            + scores
            + ActivationBytes.updates(
                adapter, Module.LLM, tokens, text.layers(), dora ? DORA_SAVED : 0)
            + ActivationBytes.expertUpdates(adapter, routed, text.layers(), 0),
        scores);
  }
}
