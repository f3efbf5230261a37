package io.lockstep.model.family.qwen3vl;

import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.config.VisionCost;
import java.util.List;

/**
 * The vision tower of Qwen3-VL.
 *
 * @param numPositionEmbeddings rows of the learned position table, a square number
 * @param deepstackVisualIndexes blocks whose output is also handed to the first decoder layers
 */
public record Qwen3VisionConfig(
    int depth,
    int hiddenSize,
    int intermediateSize,
    int heads,
    int patchSize,
    int temporalPatchSize,
    int spatialMergeSize,
    int numPositionEmbeddings,
    int inChannels,
    int outHiddenSize,
    List<Integer> deepstackVisualIndexes)
    implements VisionConfig {

  public Qwen3VisionConfig {
    deepstackVisualIndexes = List.copyOf(deepstackVisualIndexes);
  }

  /** Side of the square that the learned position table covers. */
  public int positionGridSide() {
    return (int) Math.round(Math.sqrt(numPositionEmbeddings));
  }

  @Override
  public VisionCost cost() {
    return new VisionCost(2, 1 + deepstackVisualIndexes.size(), 0, 0, false, 2, 2, 2, 10, 6, 0);
  }
}
