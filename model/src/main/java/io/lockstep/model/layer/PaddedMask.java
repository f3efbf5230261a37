package io.lockstep.model.layer;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Additive attention masks: 0 where a token is seen, minus infinity where it is not. */
public final class PaddedMask {

  private PaddedMask() {}

  /**
   * Causal attention over a left-padded batch, [B, 1, T, T]; absent if nothing is padded, where
   * causal attention says it all. A padded token sees itself alone: without any visible key its
   * softmax would be NaN and spoil the gradients.
   *
   * @param type of the queries it is used with
   */
  public static @Nullable NDArray of(Scope scope, Batch batch, Dtype type) {
    long[] present = batch.attentionMask();
    if (Arrays.stream(present).allMatch(token -> token == 1)) {
      return null;
    }
    int rows = batch.rows();
    int tokens = batch.length();
    // T times T values: in native memory, and counted in long.
    NDArray mask = scope.empty(Dtype.FLOAT32, rows, 1, tokens, tokens);
    Buffer.of(mask).write(host -> hide(host.floats(), present, rows, tokens));
    return narrowed(mask, type);
  }

  /** In another type, without the values that it is made of. */
  private static NDArray narrowed(NDArray mask, Dtype type) {
    if (type == Dtype.FLOAT32) {
      return mask;
    }
    try (mask) {
      return Ops.cast(mask, type);
    }
  }

  private static void hide(HostFloats mask, long[] present, int rows, int tokens) {
    for (int row = 0; row < rows; row++) {
      for (int query = 0; query < tokens; query++) {
        long base = ((long) row * tokens + query) * tokens;
        for (int key = 0; key < tokens; key++) {
          boolean visible = key == query || (key < query && present[row * tokens + key] == 1);
          mask.set(base + key, visible ? 0 : Float.NEGATIVE_INFINITY);
        }
      }
    }
  }

  /** A mask [rows, 1, queries, keys] from what is visible. */
  public static NDArray of(Scope scope, boolean[] visible, int rows, int queries, int keys) {
    float[] mask = new float[visible.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = visible[i] ? 0 : Float.NEGATIVE_INFINITY;
    }
    return scope.fromFloats(mask, rows, 1, queries, keys);
  }
}
