package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import org.jspecify.annotations.Nullable;

/** The arithmetic of low-rank updates of a weight W [out, in]. */
final class LowRank {

  /** Values of a weight that are merged at once: 1 MiB. */
  private static final long BLOCK_FLOATS = 1 << 18;

  private LowRank() {}

  /** {@code W + scale * B A}, [out, in]. */
  static NDArray updated(Layer layer, NDArray weight, NDArray down, NDArray up) {
    return weight.add(Ops.times(Ops.matmul(up, down), layer.scale()));
  }

  /** Euclidean norm of each row, [out]. */
  static NDArray rowNorms(NDArray weight) {
    return Ops.mul(weight, weight).sum(new int[] {1}).sqrt();
  }

  /** Norms of the updated weight's rows, constant in the graph, [out]. */
  static NDArray updatedNorms(Layer layer, NDArray weight, NDArray down, NDArray up) {
    return Autograd.inference(() ->
        rowNorms(
            updated(layer, Autograd.detach(weight), Autograd.detach(down), Autograd.detach(up))));
  }

  /**
   * Turns a weight into the one that computes what layer and update compute together. It works on
   * blocks of rows, so that what it needs besides the weight does not grow with it.
   *
   * @param weight changed in place, [out, in]
   * @param magnitude learned norms of its rows, [out]
   */
  static void merge(
      Layer layer, NDArray weight, NDArray down, NDArray up, @Nullable NDArray magnitude) {
    long block = Math.max(1, BLOCK_FLOATS / layer.in());
    for (long first = 0; first < layer.out(); first += block) {
      long rows = Math.min(block, layer.out() - first);
      try (Scope temporaries = Scope.open()) {
        NDArray part = Ops.narrow(weight, 0, first, rows);
        NDArray updated = updated(layer, part, down, Ops.narrow(up, 0, first, rows));
        if (magnitude != null) {
          NDArray factors = Ops.narrow(magnitude, 0, first, rows).div(rowNorms(updated));
          updated = Ops.mul(updated, factors.reshape(-1, 1));
        }
        Ops.copyInto(part, updated);
      }
    }
  }
}
