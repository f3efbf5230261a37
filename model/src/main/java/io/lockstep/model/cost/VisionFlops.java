package io.lockstep.model.cost;

import static io.lockstep.model.cost.FlopCount.attention;
import static io.lockstep.model.cost.FlopCount.linear;

import io.lockstep.model.config.Qwen25VisionConfig;
import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;

/**
 * Floating-point operations of a vision tower for one picture, as {@link FlopCount} counts them.
 *
 * @param config the tower
 * @param mlpLayers linear layers of a block's MLP
 * @param windowTokens side of an attention window in merged tokens; 0 if there are none
 * @param windowedBlocks blocks that attend within windows
 * @param mergerCount mergers, those of DeepStack included
 */
record VisionFlops(
    VisionConfig config, int mlpLayers, int windowTokens, int windowedBlocks, int mergerCount) {

  private static final int PLAIN_MLP = 2;
  private static final int GATED_MLP = 3;

  static VisionFlops of(VisionConfig config) {
    return switch (config) {
      case Qwen3VisionConfig qwen3 ->
          new VisionFlops(qwen3, PLAIN_MLP, 0, 0, 1 + qwen3.deepstackVisualIndexes().size());
      case Qwen25VisionConfig qwen25 ->
          new VisionFlops(
              qwen25,
              GATED_MLP,
              qwen25.windowTokens(),
              qwen25.depth() - qwen25.fullAttentionBlocks().size(),
              1);
    };
  }

  long tower(Grid picture) {
    long patches = picture.patches();
    long width = config.hiddenSize();
    long block =
        linear(patches, width, 3 * width)
            + linear(patches, width, width)
            + mlpLayers * linear(patches, width, config.intermediateSize());
    return linear(patches, config.patchValues(), width)
        + config.depth() * block
        + (config.depth() - windowedBlocks) * attention(framePairs(picture), width)
        + windowedBlocks * attention(windowPairs(picture), width);
  }

  long mergers(Grid picture) {
    long merged = picture.tokens(config.spatialMergeSize());
    long grouped = (long) mergedPatches() * config.hiddenSize();
    return mergerCount
        * (linear(merged, grouped, grouped) + linear(merged, grouped, config.outHiddenSize()));
  }

  private int mergedPatches() {
    return config.spatialMergeSize() * config.spatialMergeSize();
  }

  /** Pairs of patches that see each other within the frames. */
  private static long framePairs(Grid picture) {
    long frame = (long) picture.h() * picture.w();
    return picture.t() * frame * frame;
  }

  /** Pairs of patches that see each other within the windows, those at the edges cut off. */
  private long windowPairs(Grid picture) {
    if (windowedBlocks == 0) {
      return 0;
    }
    int rows = picture.h() / config.spatialMergeSize();
    int columns = picture.w() / config.spatialMergeSize();
    long pairs = 0;
    for (int top = 0; top < rows; top += windowTokens) {
      for (int left = 0; left < columns; left += windowTokens) {
        long patches =
            (long) Math.min(windowTokens, rows - top)
                * Math.min(windowTokens, columns - left)
                * mergedPatches();
        pairs += patches * patches;
      }
    }
    return picture.t() * pairs;
  }
}
