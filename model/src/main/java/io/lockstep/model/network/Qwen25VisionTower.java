package io.lockstep.model.network;

import static io.lockstep.model.network.ModelLayout.VISUAL;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.config.Qwen25VisionConfig;
import io.lockstep.model.image.Grid;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * The vision tower of Qwen2.5-VL: windowed attention, RMSNorm, gated MLPs. From the embedding to
 * the merger patches are in the order of the windows, and so are the activations that a probe sees.
 */
final class Qwen25VisionTower implements VisionTower {

  private static final double EPS = 1e-6;

  private final Qwen25VisionConfig config;
  private final Weights weights;
  private final ComposedVisionAttention attention;
  private final long mergedWidth;

  Qwen25VisionTower(Qwen25VisionConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
    attention = new ComposedVisionAttention(config, weights);
    mergedWidth =
        (long) config.spatialMergeSize() * config.spatialMergeSize() * config.hiddenSize();
  }

  @Override
  public Features forward(
      Scope scope, NDArray pixels, List<Grid> grids, BiConsumer<String, NDArray> probe) {
    OfBatch pieces = pieces(scope, grids);
    NDArray hidden_NC = pieces.embed(pixels);
    for (int block = 0; block < config.depth(); block++) {
      hidden_NC = pieces.block(block, hidden_NC);
      probe.accept("vision_block_" + block, hidden_NC);
    }
    NDArray merged_MH = merger(hidden_NC);
    probe.accept("vision_merger", merged_MH);
    return new Features(pieces.restored(merged_MH), List.of());
  }

  @Override
  public OfBatch pieces(Scope scope, List<Grid> grids) {
    VisionGeometry geometry = VisionGeometry.of(config, grids);
    Windows windows = Windows.of(config, grids);
    return new OfBatch(
        windows.reorder(geometry.angles()).turns(scope, RotaryAngles.Rounding.AS_LIBTORCH),
        windows.sizes(),
        geometry.frames(),
        index(scope, windows.order()),
        index(scope, windows.inverse()));
  }

  /** The pieces for one batch; between embedding and merger patches are in the windows' order. */
  final class OfBatch implements Pieces {
    private final RotaryAngles.Turns turns;
    private final List<Integer> windows;
    private final List<Integer> frames;
    private final NDArray order;
    private final NDArray inverse;

    private OfBatch(
        RotaryAngles.Turns turns,
        List<Integer> windows,
        List<Integer> frames,
        NDArray order,
        NDArray inverse) {
      this.turns = turns;
      this.windows = windows;
      this.frames = frames;
      this.order = order;
      this.inverse = inverse;
    }

    @Override
    public NDArray embed(NDArray pixels) {
      return permuted(Qwen25VisionTower.this.embed(pixels), order, mergedWidth);
    }

    @Override
    public NDArray block(int block, NDArray hidden_NC) {
      boolean full = config.fullAttentionBlocks().contains(block);
      return Qwen25VisionTower.this.block(block, hidden_NC, turns, full ? frames : windows);
    }

    @Override
    public NDArray merge(NDArray hidden_NC) {
      return restored(merger(hidden_NC));
    }

    private NDArray restored(NDArray merged_MH) {
      return permuted(merged_MH, inverse, config.outHiddenSize());
    }

    @Override
    public NDArray deepstack(int index, NDArray hidden_NC) {
      throw new IllegalArgumentException("Qwen2.5-VL has no DeepStack");
    }
  }

  private NDArray embed(NDArray pixels) {
    NDArray kernel = weight("patch_embed.proj");
    // The public implementation convolves; a matrix product rounds otherwise.
    Shape patches = new Shape(-1).addAll(kernel.getShape().slice(1));
    return Ops.convolution(pixels.reshape(patches), kernel).reshape(-1, config.hiddenSize());
  }

  private static NDArray index(Scope scope, long[] index) {
    return scope.fromLongs(index, index.length);
  }

  /** Reorders merged tokens, each {@code width} values of x, and gives them x's shape again. */
  private static NDArray permuted(NDArray x, NDArray order, long width) {
    return Ops.indexSelect(x.reshape(-1, width), 0, order).reshape(x.getShape());
  }

  private NDArray block(
      int block, NDArray hidden_NC, RotaryAngles.Turns turns, List<Integer> segments) {
    String prefix = "blocks." + block + ".";
    NDArray attended_NC =
        attention.apply(prefix + "attn.", norm(prefix + "norm1", hidden_NC), turns, segments);
    NDArray middle_NC = hidden_NC.add(attended_NC);
    NDArray normed_NC = norm(prefix + "norm2", middle_NC);
    NDArray gate = Ops.silu(linear(prefix + "mlp.gate_proj", normed_NC));
    NDArray inner = gate.mul(linear(prefix + "mlp.up_proj", normed_NC));
    return middle_NC.add(linear(prefix + "mlp.down_proj", inner));
  }

  private NDArray merger(NDArray hidden_NC) {
    NDArray grouped = norm("merger.ln_q", hidden_NC).reshape(-1, mergedWidth);
    return linear("merger.mlp.2", Ops.geluErf(linear("merger.mlp.0", grouped)));
  }

  private NDArray norm(String name, NDArray x) {
    return Ops.rmsNorm(x, weight(name), EPS);
  }

  private NDArray linear(String name, NDArray x) {
    return weights.linear(VISUAL + name, x);
  }

  private NDArray weight(String name) {
    return weights.get(VISUAL + name + ".weight");
  }
}
