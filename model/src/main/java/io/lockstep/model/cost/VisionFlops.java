package io.lockstep.model.cost;

import static io.lockstep.model.cost.FlopCount.linear;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;

/**
 * Floating-point operations of a vision tower for one picture, as {@link FlopCount} counts them.
 */
record VisionFlops(VisionConfig config) {

  long tower(Grid picture) {
    long patches = picture.patches();
    long width = config.hiddenSize();
    long block =
        linear(patches, width, 3 * width)
            + linear(patches, width, width)
            + config.cost().mlpLayers() * linear(patches, width, config.intermediateSize());
    return linear(patches, config.patchValues(), width)
        + config.depth() * block
        + attention(picture);
  }

  /** Attention of all blocks. */
  long attention(Grid picture) {
    long width = config.hiddenSize();
    long windowed = config.cost().windowedBlocks();
    return (config.depth() - windowed) * FlopCount.attention(framePairs(picture), width)
        + windowed * FlopCount.attention(windowPairs(picture), width);
  }

  long mergers(Grid picture) {
    long merged = picture.tokens(config.spatialMergeSize());
    long grouped = (long) mergedPatches() * config.hiddenSize();
    return config.cost().mergers()
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
    int windowTokens = config.cost().windowTokens();
    if (windowTokens == 0) {
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
