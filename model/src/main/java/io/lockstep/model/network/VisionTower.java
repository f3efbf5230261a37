package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.image.Grid;
import io.lockstep.model.layer.Block;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Scope;
import java.util.List;

/**
 * From pixels to picture tokens, in parts.
 *
 * <p>Shapes of all families: N patches, C hidden size, h heads, d head size, M = N / merge² merged
 * tokens, H hidden size of the text tower.
 */
public interface VisionTower {

  /** What its parameters' names begin with. */
  String PREFIX = "model.visual.";

  /** Parameters of the patch embedding. */
  Block embedding();

  /** Parameters of a block. */
  Block block(int index);

  /** Parameters of the merger. */
  Block merger();

  /** The blocks whose outputs DeepStack merges, in the order of its mergers; none without it. */
  default List<Integer> deepstackBlocks() {
    return List.of();
  }

  /** Parameters of one of DeepStack's mergers. */
  default Block deepstackMerger(int index) {
    throw new IllegalArgumentException("this family has no DeepStack");
  }

  /**
   * The computation on the pictures of a batch.
   *
   * @param scope holds what depends on the pictures' sizes alone; the innermost one
   * @param grids the pictures' patches
   * @param attention how attention is computed, as far as the tower leaves it open
   */
  OnPictures on(Scope scope, List<Grid> grids, Attention.Implementation attention);

  /** Whether attention is computed operator by operator in any case. */
  default boolean composesAttention() {
    return false;
  }

  /** The tower's computation on the pictures of one batch. */
  interface OnPictures {

    /** Patches [N, channels * temporal * P * P] to [N, C]. */
    NDArray embed(Weights weights, NDArray pixels);

    /** One block, [N, C] to [N, C]. */
    NDArray block(Weights weights, int index, NDArray hidden_NC);

    /** The last block's output to picture tokens, [M, H]. */
    NDArray merge(Weights weights, NDArray hidden_NC);

    /** Picture tokens in the order of the text, where the tower computes in another. */
    default NDArray ordered(NDArray merged_MH) {
      return merged_MH;
    }

    /** A block's output to features for a decoder layer, [M, H]. */
    default NDArray deepstack(Weights weights, int index, NDArray hidden_NC) {
      throw new IllegalArgumentException("this family has no DeepStack");
    }
  }
}
