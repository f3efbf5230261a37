package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.tensor.Scope;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Additive attention masks: 0 where a token is seen, minus infinity where it is not. */
final class PaddedMask {

  private PaddedMask() {}

  /**
   * Causal attention over a left-padded batch, [B, 1, T, T]; absent if nothing is padded, where
   * causal attention says it all. A padded token sees itself alone: without any visible key its
   * softmax would be NaN and spoil the gradients.
   */
  static @Nullable NDArray of(Scope scope, Batch batch) {
    int rows = batch.rows();
    int tokens = batch.length();
    long[] present = batch.attentionMask();
    if (Arrays.stream(present).allMatch(mask -> mask == 1)) {
      return null;
    }
    float[] mask = new float[size(rows, tokens, tokens)];
    for (int row = 0, at = 0; row < rows; row++) {
      for (int query = 0; query < tokens; query++) {
        for (int key = 0; key < tokens; key++, at++) {
          boolean visible = key == query || key < query && present[row * tokens + key] == 1;
          mask[at] = visible ? 0 : Float.NEGATIVE_INFINITY;
        }
      }
    }
    return scope.fromFloats(mask, rows, 1, tokens, tokens);
  }

  private static int size(long rows, long queries, long keys) {
    long size = rows * queries * keys;
    if (size > Integer.MAX_VALUE - Long.BYTES) {
      throw new IllegalArgumentException(
          "%d padded rows of %d tokens need a mask of %d values, more than one array holds; use fewer rows or shorter ones"
              .formatted(rows, keys, size));
    }
    return (int) size;
  }

  /** A mask [rows, 1, queries, keys] from what is visible. */
  static NDArray of(Scope scope, boolean[] visible, int rows, int queries, int keys) {
    float[] mask = new float[visible.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = visible[i] ? 0 : Float.NEGATIVE_INFINITY;
    }
    return scope.fromFloats(mask, rows, 1, queries, keys);
  }
}
