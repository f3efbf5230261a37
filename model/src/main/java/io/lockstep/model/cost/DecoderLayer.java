package io.lockstep.model.cost;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.config.TextConfig;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.tensor.Dtype;
import java.util.Optional;
import java.util.stream.IntStream;

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

  /** The first two of them and the values themselves in float32, rounded, weighted. */
  private static final int NARROW_NORM_RESULTS = 8;

  /** What tokens are to their experts: read, computed and weighed, all as wide as the layer. */
  private static final int ROUTED_RESULTS = 3;

  /** The last one needs no going back. */
  private static final int ROUTED_SAVED = 2;

  /** The update, scaled, added; DoRA's base part, both parts redirected, and their sum. */
  static final int LORA_RESULTS = 3;

  static final int DORA_RESULTS = 7;

  /** What DoRA's magnitudes are differentiated with. */
  static final int DORA_SAVED = 2;

  static DecoderLayer of(ModelConfig config, ActivationBytes.Load load, ActivationBytes.Mode mode) {
    TextConfig text = config.text();
    Optional<AdapterPlan> adapter = mode.adapter();
    // Norms, and attention without a fused kernel, compute in float32 whatever the type.
    boolean narrow = config.computeType() != Dtype.FLOAT32;
    double wide = narrow ? (double) Dtype.FLOAT32.bytes() / config.computeType().bytes() : 1;
    double width = text.hiddenSize();
    double queries = (double) text.heads() * text.headDim();
    double keys = (double) text.kvHeads() * text.headDim();
    boolean fused = mode.fuses(config, load);
    double scores = fused ? 0 : wide * load.rows() * text.heads() * load.length() * load.length();
    double normed = text.queryKeyNorm() ? queries + keys : 0;
    // Scaled queries, repeated and scaled keys, repeated values, and heads joined by a copy.
    double attention = fused ? queries : 5 * wide * queries;
    if (narrow && !fused) {
      // Queries, keys and values in float32, and the sum rounded again.
      attention += wide * (queries + 2 * keys) + queries;
    }
    double normResults = narrow ? NARROW_NORM_RESULTS : NORM_RESULTS;
    double results =
        2 * normResults * width
            + queries
            + 2 * keys
            + normResults * normed
            + ROTARY * (queries + keys)
            + attention
            + 4 * width
            + 4.0 * config.feedForwardWidth();
    // A norm whose weight is trained keeps what that is multiplied with.
    int perNorm = adapter.isPresent() ? 1 : 2;
    double widened = narrow ? wide : 0;
    double perHeadNorm = narrow ? wide + perNorm - 1 : perNorm;
    double saved =
        (2 * (perNorm + widened) + 1) * width
            + perHeadNorm * normed
            + (fused ? 2 * (queries + keys) : (3 * wide + 1) * queries)
            + 4.0 * config.feedForwardWidth();
    boolean dora = adapter.map(plan -> plan.config().dora()).orElse(false);
    double tokens = load.tokens();
    double routed = tokens * config.expertsPerToken();
    double sparse = sparseShare(config) * routed * width;
    return new DecoderLayer(
        tokens * results
            + scores
            + ROUTED_RESULTS * sparse
            + ActivationBytes.updates(
                adapter,
                Module.LLM,
                tokens,
                text.layers(),
                dora ? DORA_RESULTS : LORA_RESULTS,
                droppedResults(config))
            + ActivationBytes.expertUpdates(adapter, routed, text.layers(), LORA_RESULTS),
        tokens * saved
            + scores
            + ROUTED_SAVED * sparse
            + ActivationBytes.updates(
                adapter,
                Module.LLM,
                tokens,
                text.layers(),
                dora ? DORA_SAVED : 0,
                droppedSaved(config))
            + ActivationBytes.expertUpdates(adapter, routed, text.layers(), 0),
        scores);
  }

  /** The share of the layers that send tokens to experts. */
  private static double sparseShare(ModelConfig config) {
    int layers = config.text().layers();
    return (double) IntStream.range(0, layers).filter(i -> config.router(i).isPresent()).count()
        / layers;
  }

  /** A mask in float32 and what is left; in a smaller type that is float32 first and rounded. */
  static double droppedResults(ModelConfig config) {
    double wide = (double) Dtype.FLOAT32.bytes() / config.computeType().bytes();
    return wide == 1 ? 2 : 2 * wide + 1;
  }

  /** The mask and what is left of the input in the end. */
  static double droppedSaved(ModelConfig config) {
    return (double) Dtype.FLOAT32.bytes() / config.computeType().bytes() + 1;
  }
}
