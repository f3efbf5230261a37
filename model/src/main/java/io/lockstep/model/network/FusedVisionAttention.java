package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.lockstep.model.config.VisionConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import java.util.List;

/**
 * Attention of a vision tower by libtorch's fused kernel: patches of a segment see each other in
 * both directions, and no others.
 */
final class FusedVisionAttention {

  private final VisionConfig config;
  private final Weights weights;

  FusedVisionAttention(VisionConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
  }

  /**
   * Attends and projects normed patches [N, C].
   *
   * @param prefix name of the attention module below the tower, with a dot at its end
   * @param runs segments that together cover all N patches in order
   */
  NDArray apply(String prefix, NDArray normed_NC, List<SegmentRun> runs) {
    NDArray qkv = weights.linear(ModelLayout.VISUAL + prefix + "qkv", normed_NC);
    NDList attended = new NDList();
    for (SegmentRun run : runs) {
      NDArray rows = runs.size() == 1 ? qkv : qkv.get(new NDIndex("{}:{}", run.start(), run.end()));
      attended.add(attend(rows, run));
    }
    NDArray all_NC = attended.size() == 1 ? attended.head() : NDArrays.concat(attended, 0);
    return weights.linear(ModelLayout.VISUAL + prefix + "proj", all_NC);
  }

  private NDArray attend(NDArray rows, SegmentRun run) {
    int headDim = config.headDim();
    NDArray qkv_3nhsd =
        rows.reshape(run.segments(), run.size(), 3, config.heads(), headDim)
            .transpose(2, 0, 3, 1, 4);
    NDArray query = Ops.rotary(qkv_3nhsd.get(0), run.cos(), run.sin());
    NDArray key = Ops.rotary(qkv_3nhsd.get(1), run.cos(), run.sin());
    NDArray out_nhsd =
        Ops.scaledDotProductAttention(
            query, key, qkv_3nhsd.get(2), null, false, 1 / Math.sqrt(headDim), false);
    return out_nhsd.transpose(0, 2, 1, 3).reshape(run.patches(), config.hiddenSize());
  }
}
