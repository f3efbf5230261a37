package io.lockstep.model.network;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import io.lockstep.tensor.RowProducts;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Attention of queries over one key-value head of a sequence, and what one thread needs for it.
 * Scores, shares and sums of a query are the same bits whatever other queries are computed with it.
 */
final class HeadWorkspace {

  private final Arena arena;
  private final int headDim;
  private final int outputStride;
  private final float scale;
  private final float[] key;
  private Buffer scores;
  private Buffer outputs;
  private float[] row = new float[0];

  /**
   * Queries [count, d].
   *
   * @param memory begins with the first
   * @param stride values from one to the next
   */
  record Queries(Buffer memory, int stride, int count) {}

  /**
   * A workspace.
   *
   * @param arena holds its memory
   */
  HeadWorkspace(Arena arena, int headDim) {
    this.arena = arena;
    this.headDim = headDim;
    outputStride = RowProducts.rounded(headDim);
    scale = (float) (1 / Math.sqrt(headDim));
    key = new float[headDim];
    scores = Buffer.onHost(arena, Dtype.FLOAT32, 0);
    outputs = Buffer.onHost(arena, Dtype.FLOAT32, 0);
  }

  /** Keeps the key of a token, which is side by side with those of others. */
  void keepKey(HostFloats from, long at, Buffer panel, int token) {
    from.copyTo(at, key, 0, headDim);
    HostFloats kept = panel.floats();
    int column = token % RowProducts.PANEL;
    for (int i = 0; i < headDim; i++) {
      kept.set((long) i * RowProducts.PANEL + column, key[i]);
    }
  }

  /**
   * Computes what queries read of the tokens before them and of their own, which are kept already
   * and which the cache doesn't count yet.
   *
   * @param further how many tokens each query sees more than the one before it: 1 for tokens that
   *     follow each other, 0 for queries of one token
   */
  void attend(
      RowProducts products,
      SequenceCache cache,
      int layer,
      int head,
      Queries queries,
      int further) {
    int first = cache.length() + 1;
    int last = first + (queries.count() - 1) * further;
    int length = RowProducts.rounded(last);
    makeRoom(queries.count(), length);
    for (int token = 0; token < length; token += RowProducts.PANEL) {
      products.sum(
          cache.keys(layer, head, token),
          headDim,
          RowProducts.PANEL,
          Math.min(RowProducts.PANEL, length - token),
          queries.memory(),
          queries.stride(),
          queries.count(),
          scores.slice(token, scores.elements() - token),
          length);
    }
    HostFloats all = scores.floats();
    for (int query = 0; query < queries.count(); query++) {
      share(all, (long) query * length, first + query * further, length);
    }
    products.sum(
        cache.values(layer, head),
        length,
        cache.valueWidth(),
        outputStride,
        scores,
        length,
        queries.count(),
        outputs,
        outputStride);
  }

  private void makeRoom(int rows, int length) {
    if (scores.elements() < (long) rows * length) {
      scores = Buffer.onHost(arena, Dtype.FLOAT32, 2L * rows * length);
    }
    if (outputs.elements() < (long) rows * outputStride) {
      outputs = Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * outputStride);
    }
    if (row.length < length) {
      row = new float[2 * length];
    }
  }

  /** The softmax over the tokens that a query sees; others have no share. */
  private void share(HostFloats all, long at, int seen, int length) {
    all.copyTo(at, row, 0, seen);
    float most = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < seen; i++) {
      row[i] *= scale;
      most = Math.max(most, row[i]);
    }
    double sum = 0;
    for (int i = 0; i < seen; i++) {
      row[i] = (float) Math.exp(row[i] - most);
      sum += row[i];
    }
    float factor = (float) (1 / sum);
    for (int i = 0; i < seen; i++) {
      row[i] *= factor;
    }
    Arrays.fill(row, seen, length, 0);
    all.copyFrom(row, 0, length, at);
  }

  /** Puts what a query has read where it belongs. */
  void copyOutput(int query, Buffer into, long at) {
    into.floats().copyFrom(outputs.floats(), (long) query * outputStride, headDim, at);
  }
}
