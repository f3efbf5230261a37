package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import org.jspecify.annotations.Nullable;

/** The arithmetic of low-rank updates of a weight W [out, in]. */
final class LowRank {

  private LowRank() {}

  /** {@code W + scale * B A}, [out, in]. */
  static NDArray updated(Layer layer, NDArray weight, NDArray down, NDArray up) {
    return weight.add(Ops.times(Ops.matmul(up, down), layer.scale()));
  }

  /** Euclidean norm of each row, [out]. */
  static NDArray rowNorms(NDArray weight) {
    return Ops.mul(weight, weight).sum(new int[] {1}).sqrt();
  }

  /** Norms of the updated weight's rows, constant in the graph, [out]; kept in a scope. */
  static NDArray updatedNorms(Scope owner, Layer layer, NDArray weight, NDArray down, NDArray up) {
    try (Scope temporaries = Scope.open()) {
      return owner.keep(
          Autograd.inference(() ->
              rowNorms(
                  updated(
                      layer,
                      Autograd.detach(weight),
                      Autograd.detach(down),
                      Autograd.detach(up)))));
    }
  }

  /**
   * The weight that computes what layer and update compute together, [out, in].
   *
   * @param magnitude learned norms of its rows, [out]
   */
  static NDArray merged(
      Layer layer, NDArray weight, NDArray down, NDArray up, @Nullable NDArray magnitude) {
    NDArray updated = updated(layer, weight, down, up);
    if (magnitude == null) {
      return updated;
    }
    NDArray factors = magnitude.div(rowNorms(updated));
    return Ops.mul(updated, factors.reshape(-1, 1));
  }
}
