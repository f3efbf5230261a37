package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;

/**
 * Attention of a vision tower operator by operator, segment by segment: patches of a segment see
 * each other in both directions, and no others.
 *
 * <p>This is the public implementation's "eager" attention to the bit. A fused kernel rounds
 * otherwise, and so do the segments' matrix products if they are computed as one batch.
 */
final class ComposedVisionAttention {

  /** Queries whose scores are in memory at once. */
  private static final long QUERIES = 1024;

  private final VisionConfig config;
  private final Weights weights;

  ComposedVisionAttention(VisionConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
  }

  /**
   * Attends and projects normed patches [N, C].
   *
   * @param prefix name of the attention module below the tower, with a dot at its end
   * @param turns rotary cosines and sines of all patches
   * @param sizes patches of each segment, in order; they sum to N
   */
  NDArray apply(String prefix, NDArray normed_NC, RotaryAngles.Turns turns, List<Integer> sizes) {
    int headDim = config.headDim();
    NDArray cos_N1d = turns.cos().reshape(-1, 1, headDim);
    NDArray sin_N1d = turns.sin().reshape(-1, 1, headDim);
    NDArray qkv_3Nhd =
        weights
            .linear(ModelLayout.VISUAL + prefix + "qkv", normed_NC)
            .reshape(-1, 3, config.heads(), headDim)
            .transpose(1, 0, 2, 3);
    NDArray query_hNd = Ops.rotary(qkv_3Nhd.get(0), cos_N1d, sin_N1d).transpose(1, 0, 2);
    NDArray key_hdN = Ops.rotary(qkv_3Nhd.get(1), cos_N1d, sin_N1d).transpose(1, 2, 0);
    NDArray value_hNd = qkv_3Nhd.get(2).transpose(1, 0, 2);
    NDList attended_hsd = new NDList();
    long start = 0;
    for (int size : sizes) {
      NDArray key = Ops.narrow(key_hdN, 2, start, size);
      NDArray value = Ops.narrow(value_hNd, 1, start, size);
      for (long first = 0; first < size; first += QUERIES) {
        long queries = Math.min(QUERIES, size - first);
        attended_hsd.add(attend(Ops.narrow(query_hNd, 1, start + first, queries), key, value));
      }
      start += size;
    }
    NDArray all_NC = joined(attended_hsd).transpose(1, 0, 2).reshape(-1, config.hiddenSize());
    return weights.linear(ModelLayout.VISUAL + prefix + "proj", all_NC);
  }

  /** DJL joins a single array by copying it, which ends the graph. */
  private static NDArray joined(NDList attended_hsd) {
    return attended_hsd.size() == 1 ? attended_hsd.head() : NDArrays.concat(attended_hsd, 1);
  }

  /** Scores are closed at once: further on only the graph may need them. */
  private NDArray attend(NDArray query_hqd, NDArray key_hds, NDArray value_hsd) {
    try (NDArray products = Ops.matmul(query_hqd, key_hds);
        NDArray scores = Ops.times(products, 1 / Math.sqrt(config.headDim()));
        NDArray shares = Ops.softmax(scores, -1)) {
      return Ops.matmul(shares, value_hsd);
    }
  }
}
