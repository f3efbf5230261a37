package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.VISUAL;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.config.Qwen3VisionConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** The vision tower of Qwen3-VL: learned positions, LayerNorm, DeepStack. */
final class Qwen3VisionTower implements VisionTower {

  private static final float EPS = 1e-6f;

  private final Qwen3VisionConfig config;
  private final Weights weights;
  private final FusedVisionAttention attention;
  private final int mergedPatches;

  Qwen3VisionTower(Qwen3VisionConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
    attention = new FusedVisionAttention(config, weights);
    mergedPatches = config.spatialMergeSize() * config.spatialMergeSize();
  }

  @Override
  public Features forward(
      Scope scope, NDArray pixels, List<Grid> grids, BiConsumer<String, NDArray> probe) {
    Pieces pieces = pieces(scope, grids);
    NDArray hidden_NC = pieces.embed(pixels);
    List<NDArray> deepstack = new ArrayList<>();
    for (int block = 0; block < config.depth(); block++) {
      hidden_NC = pieces.block(block, hidden_NC);
      probe.accept("vision_block_" + block, hidden_NC);
      int index = config.deepstackVisualIndexes().indexOf(block);
      if (index >= 0) {
        deepstack.add(pieces.deepstack(index, hidden_NC));
      }
    }
    NDArray merged_MH = pieces.merge(hidden_NC);
    probe.accept("vision_merger", merged_MH);
    return new Features(merged_MH, deepstack);
  }

  @Override
  public Pieces pieces(Scope scope, List<Grid> grids) {
    VisionGeometry geometry = VisionGeometry.of(config, grids);
    RotaryAngles.Turns turns = geometry.angles().turns(scope, RotaryAngles.Rounding.ONCE);
    List<SegmentRun> runs = SegmentRun.of(geometry.frames(), turns.cos(), turns.sin());
    int patches = geometry.patches();
    LearnedPositions learned = LearnedPositions.of(config, grids);
    return new OfBatch(
        runs,
        scope.fromLongs(learned.tableRows(), 4, patches),
        scope.fromFloats(learned.tableWeights(), 4, patches, 1));
  }

  /**
   * The pieces for one batch: frames whose patches see each other, and for the embedding the rows
   * of the position table around each patch, [4, N], with their weights, [4, N, 1].
   */
  private final class OfBatch implements Pieces {
    private final List<SegmentRun> runs;
    private final NDArray rows;
    private final NDArray corners;

    OfBatch(List<SegmentRun> runs, NDArray rows, NDArray corners) {
      this.runs = runs;
      this.rows = rows;
      this.corners = corners;
    }

    @Override
    public NDArray embed(NDArray pixels) {
      NDArray kernel = weight("patch_embed.proj.weight");
      NDArray flatKernel = kernel.reshape(config.hiddenSize(), kernel.size() / config.hiddenSize());
      NDArray patches_NC = Ops.linear(pixels, flatKernel, weight("patch_embed.proj.bias"));
      NDArray positions_NC =
          Ops.embedding(weight("pos_embed.weight"), rows).mul(corners).sum(new int[] {0});
      return patches_NC.add(positions_NC);
    }

    @Override
    public NDArray block(int block, NDArray hidden_NC) {
      return Qwen3VisionTower.this.block(block, hidden_NC, runs);
    }

    @Override
    public NDArray merge(NDArray hidden_NC) {
      return merger(hidden_NC);
    }

    @Override
    public NDArray deepstack(int index, NDArray hidden_NC) {
      return deepstackMerger(index, hidden_NC);
    }
  }

  private NDArray block(int block, NDArray hidden_NC, List<SegmentRun> runs) {
    String prefix = "blocks." + block + ".";
    NDArray attended_NC =
        attention.apply(prefix + "attn.", norm(prefix + "norm1", hidden_NC), runs);
    NDArray middle_NC = hidden_NC.add(attended_NC);
    NDArray inner =
        Ops.geluTanh(linear(prefix + "mlp.linear_fc1", norm(prefix + "norm2", middle_NC)));
    return middle_NC.add(linear(prefix + "mlp.linear_fc2", inner));
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

  private NDArray norm(String name, NDArray x) {
    return Ops.layerNorm(x, weight(name + ".weight"), weight(name + ".bias"), EPS);
  }

  private NDArray linear(String name, NDArray x) {
    return weights.linear(VISUAL + name, x);
  }

  private NDArray weight(String name) {
    return weights.get(VISUAL + name);
  }
}
