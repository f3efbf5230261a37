package io.lockstep.model.cost;

import io.lockstep.model.adapter.AdapterPlan;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.config.VisionCost;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.ParameterSpec.Module;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;
import java.util.Optional;

/**
 * Values of a vision tower for all pictures of a batch.
 *
 * @param config its configuration
 * @param patches number of patches
 * @param mergerCount mergers, those of DeepStack included
 * @param results of all operators of a block
 * @param saved what differentiation keeps of them; neither the block's input nor the scores are
 *     among them
 * @param scores attention weights that differentiation keeps, on average over the blocks; 0 with a
 *     fused kernel
 */
record VisionBlock(
    VisionConfig config,
    double patches,
    int mergerCount,
    double results,
    double saved,
    double scores) {

  /** q, k and v, both rotated, the weighted sum, the projection, both residual sums, the end. */
  private static final double COMMON_RESULTS = 17;

  /** Both products and their sum are float32 whatever the type, of q and k, and rounded. */
  private static final double NARROW_RESULTS = 8;

  /** Of a norm that is computed in float32: the values, their squares, normalised, rounded. */
  private static final double WIDE_NORM_RESULTS = 5;

  /** q, k and v (the view of v keeps all), q and k rotated, the weighted sum, the middle. */
  private static final double COMMON_SAVED = 7;

  /** Norm's end, first layer's result, its activation. */
  private static final int MERGER_SAVED = 3;

  static VisionBlock of(
      ModelConfig model, ActivationBytes.Load load, Optional<AdapterPlan> adapter) {
    double patches = load.patches();
    VisionConfig config = model.vision();
    double width = config.hiddenSize();
    double inner = config.intermediateSize();
    boolean dora = adapter.map(plan -> plan.config().dora()).orElse(false);
    double added =
        ActivationBytes.updates(
            adapter,
            Module.VIT,
            patches,
            config.depth(),
            dora ? DecoderLayer.DORA_RESULTS : DecoderLayer.LORA_RESULTS,
            DecoderLayer.droppedResults(model));
    double kept =
        ActivationBytes.updates(
            adapter,
            Module.VIT,
            patches,
            config.depth(),
            dora ? DecoderLayer.DORA_SAVED : 0,
            DecoderLayer.droppedSaved(model));
    VisionCost cost = config.cost();
    boolean narrow = model.computeType() != Dtype.FLOAT32;
    double savedWidths = adapter.isPresent() ? cost.savedWidthsAdapted() : cost.savedWidths();
    double resultWidths = COMMON_RESULTS + cost.resultWidths();
    int wide = Dtype.FLOAT32.bytes() / model.computeType().bytes();
    double scores = patches * scores(config, (double) load.patchesOfPicture());
    if (!cost.keepsScores()) {
      // Libtorch's own operators compute in float32 whatever the type.
      scores *= model.attention() == Attention.Implementation.EAGER ? wide : 0;
    }
    if (narrow) {
      savedWidths += cost.wideNorms() * wide;
      resultWidths += NARROW_RESULTS + cost.wideNorms() * WIDE_NORM_RESULTS;
    }
    return new VisionBlock(
        config,
        patches,
        cost.mergers(),
        patches * (resultWidths * width + cost.resultInners() * inner) + added,
        patches * ((COMMON_SAVED + savedWidths) * width + cost.savedInners() * inner) + kept,
        scores);
  }

  /** Keys that a patch sees, in all heads, on average over the blocks. */
  private static double scores(VisionConfig config, double picture) {
    double side = config.cost().windowTokens() * (double) config.spatialMergeSize();
    int windowed = config.cost().windowedBlocks();
    double keys = (config.depth() - windowed) * picture + windowed * Math.min(picture, side * side);
    return config.heads() * keys / config.depth();
  }

  int depth() {
    return config.depth();
  }

  double input() {
    return patches * config.hiddenSize();
  }

  double pixels() {
    return patches * config.patchValues();
  }

  /** What differentiation of the mergers keeps. */
  double mergers() {
    return mergerCount * MERGER_SAVED * input();
  }

  /** What the decoder is given. */
  double features(int width) {
    int side = config.spatialMergeSize();
    return mergerCount * patches / (side * side) * width;
  }
}
