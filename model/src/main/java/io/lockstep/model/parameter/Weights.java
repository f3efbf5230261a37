package io.lockstep.model.parameter;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Ops;
import org.jspecify.annotations.Nullable;

/**
 * Gives a model its weights by name, and applies its linear layers: whoever adapts layers overrides
 * {@link #linear}.
 */
@FunctionalInterface
public interface Weights {

  /** The weight of that name in the public checkpoint layout; null if the model has none. */
  @Nullable NDArray find(String name);

  /**
   * The weight of that name in the public checkpoint layout.
   *
   * @throws IllegalArgumentException if there is none
   */
  default NDArray get(String name) {
    NDArray weight = find(name);
    if (weight == null) {
      throw new IllegalArgumentException("the model has no parameter " + name);
    }
    return weight;
  }

  /**
   * Applies a linear layer: x [..., in] to [..., out]. Its bias is added if the model's layout has
   * one.
   *
   * @param layer the layer's name without {@code .weight}, for example {@code
   *     model.language_model.layers.0.self_attn.q_proj}
   * @throws IllegalArgumentException if there is no such layer
   */
  default NDArray linear(String layer, NDArray x) {
    return Ops.linear(x, get(layer + ".weight"), find(layer + ".bias"));
  }
}
