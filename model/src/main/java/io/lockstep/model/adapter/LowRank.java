package io.lockstep.model.adapter;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.adapter.AdapterPlan.Layer;
import io.lockstep.model.adapter.AdapterPlan.Stack;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import io.lockstep.tensor.Slices;
import org.jspecify.annotations.Nullable;

/** The arithmetic of low-rank updates of a weight W [out, in]. */
final class LowRank {

  /** Values of a weight that are merged at once: 1 MiB. */
  private static final long BLOCK_FLOATS = 1 << 18;

  private LowRank() {}

  /**
   * A of each expert, [rank, in].
   *
   * @param down [experts * rank, in]
   */
  static Slices downs(Stack stack, NDArray down) {
    return Slices.of(down.reshape(stack.experts(), stack.rank(), stack.in()), 0);
  }

  /**
   * B of each expert, [out, rank].
   *
   * @param up [out, rank * experts]
   */
  static Slices ups(Stack stack, NDArray up) {
    return Slices.of(up.reshape(stack.out(), stack.rank(), stack.experts()), 2);
  }

  /** {@code W + scale * B A}, [out, in]. */
  private static NDArray updated(double scale, NDArray weight, NDArray down, NDArray up) {
    return weight.add(Ops.times(Ops.matmul(up, down), scale));
  }

  /** Euclidean norm of each row, [out]. */
  static NDArray rowNorms(NDArray weight) {
    return Ops.mul(weight, weight).sum(new int[] {1}).sqrt();
  }

  /** Norms of the updated weight's rows, constant in the graph, [out]. */
  static NDArray updatedNorms(Layer layer, NDArray weight, NDArray down, NDArray up) {
    return Autograd.inference(() ->
        rowNorms(
            updated(
                layer.scale(),
                Autograd.detach(weight),
                Autograd.detach(down),
                Autograd.detach(up))));
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
    merge(layer.scale(), weight, down, up, magnitude);
  }

  /**
   * The same of a fused parameter, expert by expert.
   *
   * @param weight changed in place, [experts, in, out]
   * @param down [experts * rank, in]
   * @param up [out, rank * experts]
   */
  static void merge(Stack stack, NDArray weight, NDArray down, NDArray up) {
    try (Scope scope = Scope.open()) {
      Slices weights = Slices.of(weight, 0);
      Slices downs = downs(stack, down);
      Slices ups = ups(stack, up);
      for (int expert = 0; expert < stack.experts(); expert++) {
        try (Scope temporaries = scope.child()) {
          NDArray transposed = weights.get(expert).transpose();
          merge(stack.scale(), transposed, downs.get(expert), ups.get(expert), null);
        }
      }
    }
  }

  private static void merge(
      double scale, NDArray weight, NDArray down, NDArray up, @Nullable NDArray magnitude) {
    long out = weight.getShape().get(0);
    long block = Math.max(1, BLOCK_FLOATS / weight.getShape().get(1));
    for (long first = 0; first < out; first += block) {
      long rows = Math.min(block, out - first);
      try (Scope temporaries = Scope.open()) {
        NDArray part = Ops.narrow(weight, 0, first, rows);
        NDArray updated = updated(scale, part, down, Ops.narrow(up, 0, first, rows));
        if (magnitude != null) {
          NDArray factors = Ops.narrow(magnitude, 0, first, rows).div(rowNorms(updated));
          updated = Ops.mul(updated, factors.reshape(-1, 1));
        }
        Ops.copyInto(part, updated);
      }
    }
  }
}
