package io.lockstep.model.network;

import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Dtype;

/**
 * How a model is computed, as far as its own files leave it open.
 *
 * @param type of activations and matrix products
 * @param attention how attention is computed
 */
public record Computing(Dtype type, Attention.Implementation attention) {

  /** In a type, with the kernels of attention that libtorch chooses. */
  public static Computing in(Dtype type) {
    return new Computing(type, Attention.Implementation.SDPA);
  }

  /** A model that computes so. */
  public ModelConfig of(ModelConfig model) {
    return model.computingIn(type).attendingBy(attention);
  }
}
