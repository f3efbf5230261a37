package io.lockstep.model.parameter;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Slices;
import org.jspecify.annotations.Nullable;

/**
 * Gives a model its weights by name, and applies its linear layers and experts: whoever adapts them
 * overrides {@link #linear} and {@link #experts}.
 *
 * <p>What a weight is applied to decides the type of the computation: float32 weights are rounded
 * to bfloat16 where bfloat16 activations reach them, in the graph, so that their gradients are
 * float32 again.
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
    NDArray bias = find(layer + ".bias");
    return Ops.linear(
        x, Ops.asTypeOf(x, get(layer + ".weight")), bias == null ? null : Ops.asTypeOf(x, bias));
  }

  /** Matrices of one shape, one for each expert of a layer. */
  @FunctionalInterface
  interface Experts {

    /** Applies the matrix of an expert: x [n, in] to [n, out]. */
    NDArray apply(int expert, NDArray x);
  }

  /**
   * The matrices of a fused parameter, for one pass through its layer.
   *
   * @param name name of the parameter [experts, in, out], for example {@code
   *     model.language_model.layers.0.mlp.experts.down_proj}
   * @throws IllegalArgumentException if there is no such parameter
   */
  default Experts experts(String name) {
    Slices matrices = Slices.of(get(name), 0);
    return (expert, x) -> Ops.matmul(x, Ops.asTypeOf(x, matrices.get(expert)));
  }
}
