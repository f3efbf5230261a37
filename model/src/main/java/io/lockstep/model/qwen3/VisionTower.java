package io.lockstep.model.qwen3;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The vision tower of Qwen3-VL.
 *
 * <p>Shapes: N patches, C hidden size, h heads, d head size, M = N / merge² merged tokens, H hidden
 * size of the text tower.
 */
final class VisionTower {

  private static final float EPS = 1e-6f;

  private final Qwen3VisionConfig config;
  private final Weights weights;
  private final int headDim;
  private final int mergedPatches;

  VisionTower(Qwen3VisionConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
    headDim = config.headDim();
    mergedPatches = config.spatialMergeSize() * config.spatialMergeSize();
  }

  /**
   * What the text tower takes over.
   *
   * @param merged picture tokens, [M, H]
   * @param deepstack features added after the first decoder layers, each [M, H]
   */
  record Features(NDArray merged, List<NDArray> deepstack) {}

  /**
   * Attention segments of one size that follow each other, with their rotary angles [n, 1, size,
   * d].
   */
  private record Run(int start, int segments, int size, NDArray cos, NDArray sin) {
    int patches() {
      return segments * size;
    }
  }

  /**
   * Computes the features of all pictures of a batch.
   *
   * @param pixels normalised patches, [N, channels * temporal * P * P]
   * @param probe sees the output of each block and of the merger by name
   */
  Features forward(
      Scope scope, NDArray pixels, VisionGeometry geometry, BiConsumer<String, NDArray> probe) {
    List<Run> runs = runs(scope, geometry);
    NDArray hidden_NC = embed(scope, pixels, geometry);
    List<NDArray> deepstack = new ArrayList<>();
    for (int block = 0; block < config.depth(); block++) {
      hidden_NC = block(block, hidden_NC, runs);
      probe.accept("vision_block_" + block, hidden_NC);
      int index = config.deepstackVisualIndexes().indexOf(block);
      if (index >= 0) {
        deepstack.add(deepstackMerger(index, hidden_NC));
      }
    }
    NDArray merged_MH = merger(hidden_NC);
    probe.accept("vision_merger", merged_MH);
    return new Features(merged_MH, List.copyOf(deepstack));
  }

  private NDArray embed(Scope scope, NDArray pixels, VisionGeometry geometry) {
    NDArray kernel = weight("patch_embed.proj.weight");
    NDArray flatKernel = kernel.reshape(config.hiddenSize(), kernel.size() / config.hiddenSize());
    NDArray patches_NC = Ops.linear(pixels, flatKernel, weight("patch_embed.proj.bias"));
    long n = geometry.patches();
    NDArray rows = scope.fromLongs(geometry.tableRows(), 4, n);
    NDArray corners = scope.fromFloats(geometry.tableWeights(), 4, n, 1);
    NDArray positions_NC =
        Ops.embedding(weight("pos_embed.weight"), rows).mul(corners).sum(new int[] {0});
    return patches_NC.add(positions_NC);
  }

  private NDArray block(int block, NDArray hidden_NC, List<Run> runs) {
    String prefix = "blocks." + block + ".";
    NDArray attended_NC = attention(prefix + "attn.", norm(prefix + "norm1", hidden_NC), runs);
    NDArray middle_NC = hidden_NC.add(attended_NC);
    NDArray inner =
        Ops.geluTanh(linear(prefix + "mlp.linear_fc1", norm(prefix + "norm2", middle_NC)));
    return middle_NC.add(linear(prefix + "mlp.linear_fc2", inner));
  }

  private NDArray attention(String prefix, NDArray normed_NC, List<Run> runs) {
    NDArray qkv = linear(prefix + "qkv", normed_NC);
    NDList attended = new NDList();
    for (Run run : runs) {
      NDArray rows =
          runs.size() == 1
              ? qkv
              : qkv.get(new NDIndex("{}:{}", run.start(), run.start() + run.patches()));
      NDArray qkv_3nhsd =
          rows.reshape(run.segments(), run.size(), 3, config.heads(), headDim)
              .transpose(2, 0, 3, 1, 4);
      NDArray query = Ops.rotary(qkv_3nhsd.get(0), run.cos(), run.sin());
      NDArray key = Ops.rotary(qkv_3nhsd.get(1), run.cos(), run.sin());
      NDArray out_nhsd =
          Ops.scaledDotProductAttention(
              query, key, qkv_3nhsd.get(2), null, false, 1 / Math.sqrt(headDim), false);
      attended.add(out_nhsd.transpose(0, 2, 1, 3).reshape(run.patches(), config.hiddenSize()));
    }
    NDArray all_NC = attended.size() == 1 ? attended.head() : NDArrays.concat(attended, 0);
    return linear(prefix + "proj", all_NC);
  }

  private NDArray merger(NDArray hidden_NC) {
    NDArray normed = norm("merger.norm", hidden_NC);
    return mergedMlp("merger.", normed.reshape(-1, (long) mergedPatches * config.hiddenSize()));
  }

  private NDArray deepstackMerger(int index, NDArray hidden_NC) {
    String prefix = "deepstack_merger_list." + index + ".";
    NDArray grouped = hidden_NC.reshape(-1, (long) mergedPatches * config.hiddenSize());
    return mergedMlp(prefix, norm(prefix + "norm", grouped));
  }

  private NDArray mergedMlp(String prefix, NDArray grouped) {
    return linear(prefix + "linear_fc2", Ops.geluErf(linear(prefix + "linear_fc1", grouped)));
  }

  private List<Run> runs(Scope scope, VisionGeometry geometry) {
    List<Run> runs = new ArrayList<>();
    NDArray cos = scope.fromFloats(geometry.cos(), geometry.patches(), headDim);
    NDArray sin = scope.fromFloats(geometry.sin(), geometry.patches(), headDim);
    List<Integer> segments = geometry.segments();
    int start = 0;
    for (int first = 0; first < segments.size(); ) {
      int size = segments.get(first);
      int last = first;
      while (last < segments.size() && segments.get(last) == size) {
        last++;
      }
      int count = last - first;
      NDIndex rows = new NDIndex("{}:{}", start, start + count * size);
      Shape shape = new Shape(count, 1, size, headDim);
      runs.add(
          new Run(start, count, size, cos.get(rows).reshape(shape), sin.get(rows).reshape(shape)));
      start += count * size;
      first = last;
    }
    return runs;
  }

  private NDArray norm(String name, NDArray x) {
    return Ops.layerNorm(x, weight(name + ".weight"), weight(name + ".bias"), EPS);
  }

  private NDArray linear(String name, NDArray x) {
    return Ops.linear(x, weight(name + ".weight"), weight(name + ".bias"));
  }

  private NDArray weight(String name) {
    return weights.get(Qwen3VlLayout.VISUAL + name);
  }
}
