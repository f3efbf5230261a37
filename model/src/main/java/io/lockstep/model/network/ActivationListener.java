package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;

/** Sees activations while a pass goes on; they belong to whoever computes them. */
@FunctionalInterface
public interface ActivationListener {

  /**
   * The output of a part: {@code vision_block_N}, {@code vision_merger}, {@code text_layer_N}.
   *
   * @param activation [patches or merged tokens, H] of the vision tower, [B, T, H] of a layer
   */
  void accept(String name, NDArray activation);

  /**
   * The probabilities with which a layer's router sends tokens to its experts.
   *
   * @param probabilities [B * T, experts]
   */
  default void router(int layer, NDArray probabilities) {}

  /**
   * The output of one of DeepStack's mergers, before any vision tokens are dropped.
   *
   * @param activation [merged tokens, H]
   */
  default void deepstack(int merger, NDArray activation) {}
}
