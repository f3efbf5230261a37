package io.lockstep.model.family.qwen25vl;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.config.VisionCost;
import java.util.List;

/**
 * The vision tower of Qwen2.5-VL.
 *
 * @param windowSize side in pixels of the square windows that patches attend within
 * @param fullAttentionBlocks blocks in which all patches of a frame see each other
 * @param tokensPerSecond positions that a second of video takes; still pictures don't use it
 */
public record Qwen25VisionConfig(
    int depth,
    int hiddenSize,
    int intermediateSize,
    int heads,
    int patchSize,
    int temporalPatchSize,
    int spatialMergeSize,
    int inChannels,
    int outHiddenSize,
    int windowSize,
    List<Integer> fullAttentionBlocks,
    int tokensPerSecond)
    implements VisionConfig {

  public Qwen25VisionConfig {
    fullAttentionBlocks = List.copyOf(fullAttentionBlocks);
  }

  /** Side of a window in merged tokens. */
  public int windowTokens() {
    return windowSize / (spatialMergeSize * patchSize);
  }

  @Override
  public VisionCost cost() {
    return new VisionCost(
        3, 1, windowTokens(), depth - fullAttentionBlocks.size(), true, 7, 4, 2, 4, 4, 2);
  }
}
