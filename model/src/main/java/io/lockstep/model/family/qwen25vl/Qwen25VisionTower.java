package io.lockstep.model.family.qwen25vl;

import static io.lockstep.model.parameter.ParameterSpec.Module.ALIGNER;
import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.image.Grid;
import io.lockstep.model.layer.Block;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.FeedForward;
import io.lockstep.model.layer.Linear;
import io.lockstep.model.layer.Norm;
import io.lockstep.model.layer.PatchEmbedding;
import io.lockstep.model.layer.PatchMerger;
import io.lockstep.model.layer.PatchPlaces;
import io.lockstep.model.layer.PreNormBlock;
import io.lockstep.model.layer.VisionAttention;
import io.lockstep.model.network.VisionTower;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The vision tower of Qwen2.5-VL: windowed attention, RMSNorm, gated MLPs. From the embedding to
 * the merger patches are in the order of the windows, and so are the activations that a probe sees.
 */
final class Qwen25VisionTower implements VisionTower {

  private static final double EPS = 1e-6;

  private final Qwen25VisionConfig config;
  private final PatchEmbedding patches;
  private final List<VisionAttention> attentions = new ArrayList<>();
  private final List<PreNormBlock> blocks = new ArrayList<>();
  private final PatchMerger merger;

  Qwen25VisionTower(Qwen25VisionConfig config) {
    this.config = config;
    long hidden = config.hiddenSize();
    patches = new PatchEmbedding(config, PREFIX + "patch_embed.proj", false);
    for (int block = 0; block < config.depth(); block++) {
      String prefix = PREFIX + "blocks." + block + ".";
      VisionAttention attention = new VisionAttention(config, prefix + "attn.");
      attentions.add(attention);
      blocks.add(
          new PreNormBlock(
              new Norm.Rms(VIT, prefix + "norm1", hidden, EPS),
              attention,
              new Norm.Rms(VIT, prefix + "norm2", hidden, EPS),
              FeedForward.Gated.of(VIT, prefix + "mlp.", hidden, config.intermediateSize(), true)));
    }
    long square = hidden * config.spatialMergeSize() * config.spatialMergeSize();
    merger =
        new PatchMerger(
            new Norm.Rms(ALIGNER, PREFIX + "merger.ln_q", hidden, EPS),
            false,
            new Linear(ALIGNER, PREFIX + "merger.mlp.0", square, square, true),
            new Linear(ALIGNER, PREFIX + "merger.mlp.2", square, config.outHiddenSize(), true));
  }

  @Override
  public Block embedding() {
    return patches;
  }

  @Override
  public Block block(int index) {
    return blocks.get(index);
  }

  @Override
  public Block merger() {
    return merger;
  }

  @Override
  public boolean composesAttention() {
    return true;
  }

  @Override
  public OnPictures on(Scope scope, List<Grid> grids, Attention.Implementation attention) {
    PatchPlaces places = PatchPlaces.of(config, grids);
    Windows windows = Windows.of(config, grids);
    float[] angles = windows.reorder(places.angles());
    return new Pictures(
        CosSin.of(scope, angles, config.headDim(), CosSin.Rounding.AS_LIBTORCH),
        windows.sizes(),
        places.frames(),
        scope.fromLongs(windows.order(), windows.order().length),
        scope.fromLongs(windows.inverse(), windows.inverse().length));
  }

  /** The pictures of one batch; between embedding and merger patches are in the windows' order. */
  private final class Pictures implements OnPictures {
    private final CosSin cosSin;
    private final List<Integer> windows;
    private final List<Integer> frames;
    private final NDArray order;
    private final NDArray inverse;

    Pictures(
        CosSin cosSin,
        List<Integer> windows,
        List<Integer> frames,
        NDArray order,
        NDArray inverse) {
      this.cosSin = cosSin;
      this.windows = windows;
      this.frames = frames;
      this.order = order;
      this.inverse = inverse;
    }

    @Override
    public NDArray embed(Weights weights, NDArray pixels) {
      NDArray patches_NC = patches.convolution(weights, pixels);
      NDArray squares = patches_NC.reshape(-1, merger.first().in());
      return Ops.indexSelect(squares, 0, order).reshape(patches_NC.getShape());
    }

    @Override
    public NDArray block(Weights weights, int index, NDArray hidden_NC) {
      List<Integer> ranges = config.fullAttentionBlocks().contains(index) ? frames : windows;
      return blocks
          .get(index)
          .apply(
              weights, hidden_NC, x -> attentions.get(index).composed(weights, x, cosSin, ranges));
    }

    @Override
    public NDArray merge(Weights weights, NDArray hidden_NC) {
      return merger.apply(weights, hidden_NC);
    }

    @Override
    public NDArray ordered(NDArray merged_MH) {
      return Ops.indexSelect(merged_MH, 0, inverse);
    }
  }
}
