package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.config.Qwen25VisionConfig;
import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Scope;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * From pixels to picture tokens.
 *
 * <p>Shapes of all families: N patches, C hidden size, h heads, d head size, M = N / merge² merged
 * tokens, H hidden size of the text tower.
 */
sealed interface VisionTower permits Qwen25VisionTower, Qwen3VisionTower {

  /**
   * What the text tower takes over.
   *
   * @param merged picture tokens, [M, H]
   * @param deepstack features added after the first decoder layers, each [M, H]; may be none
   */
  record Features(NDArray merged, List<NDArray> deepstack) {
    public Features {
      deepstack = List.copyOf(deepstack);
    }
  }

  /** The tower's computation on the pictures of one batch, in pieces; their order is the text's. */
  interface Pieces {
    /** Patches [N, channels * temporal * P * P] to [N, C]. */
    NDArray embed(NDArray pixels);

    /** One block, [N, C] to [N, C]. */
    NDArray block(int block, NDArray hidden_NC);

    /** The last block's output to picture tokens, [M, H]. */
    NDArray merge(NDArray hidden_NC);

    /** A block's output to features for a decoder layer, [M, H]. */
    NDArray deepstack(int index, NDArray hidden_NC);
  }

  /**
   * The pieces for the pictures of a batch.
   *
   * @param scope holds what depends on the pictures' sizes alone
   * @param grids the pictures' patches
   */
  Pieces pieces(Scope scope, List<Grid> grids);

  /**
   * Computes the features of all pictures of a batch.
   *
   * @param pixels normalised patches, [N, channels * temporal * P * P]
   * @param grids the pictures' patches; they sum to N
   * @param probe sees the output of each block and of the merger by name
   */
  Features forward(
      Scope scope, NDArray pixels, List<Grid> grids, BiConsumer<String, NDArray> probe);

  /** The tower of a configuration's family. */
  static VisionTower of(VisionConfig config, Weights weights) {
    return switch (config) {
      case Qwen25VisionConfig qwen25 -> new Qwen25VisionTower(qwen25, weights);
      case Qwen3VisionConfig qwen3 -> new Qwen3VisionTower(qwen3, weights);
    };
  }
}
