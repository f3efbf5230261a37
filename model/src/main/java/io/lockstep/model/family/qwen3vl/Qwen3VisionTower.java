package io.lockstep.model.family.qwen3vl;

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
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Attention;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;

/** The vision tower of Qwen3-VL: learned positions, LayerNorm, DeepStack. */
public final class Qwen3VisionTower implements VisionTower {

  private static final double EPS = 1e-6f;

  private final Qwen3VisionConfig config;
  private final PatchEmbedding patches;
  private final ParameterSpec positions;
  private final List<VisionAttention> attentions = new ArrayList<>();
  private final List<PreNormBlock> blocks = new ArrayList<>();
  private final PatchMerger merger;
  private final List<PatchMerger> deepstack = new ArrayList<>();

  /** The tower of a configuration. */
  public Qwen3VisionTower(Qwen3VisionConfig config) {
    this.config = config;
    long hidden = config.hiddenSize();
    patches = new PatchEmbedding(config, PREFIX + "patch_embed.proj", true);
    positions =
        ParameterSpec.of(VIT, PREFIX + "pos_embed.weight", config.numPositionEmbeddings(), hidden);
    for (int block = 0; block < config.depth(); block++) {
      String prefix = PREFIX + "blocks." + block + ".";
      VisionAttention attention = new VisionAttention(config, prefix + "attn.");
      attentions.add(attention);
      blocks.add(
          new PreNormBlock(
              new Norm.Layer(VIT, prefix + "norm1", hidden, EPS),
              attention,
              new Norm.Layer(VIT, prefix + "norm2", hidden, EPS),
              new FeedForward.Plain(
                  new Linear(
                      VIT, prefix + "mlp.linear_fc1", hidden, config.intermediateSize(), true),
                  new Linear(
                      VIT, prefix + "mlp.linear_fc2", config.intermediateSize(), hidden, true))));
    }
    merger = merger("merger.", false);
    for (int index = 0; index < config.deepstackVisualIndexes().size(); index++) {
      deepstack.add(merger("deepstack_merger_list." + index + ".", true));
    }
  }

  private PatchMerger merger(String name, boolean normsSquares) {
    long hidden = config.hiddenSize();
    long square = hidden * config.spatialMergeSize() * config.spatialMergeSize();
    String prefix = PREFIX + name;
    return new PatchMerger(
        new Norm.Layer(ALIGNER, prefix + "norm", normsSquares ? square : hidden, EPS),
        normsSquares,
        new Linear(ALIGNER, prefix + "linear_fc1", square, square, true),
        new Linear(ALIGNER, prefix + "linear_fc2", square, config.outHiddenSize(), true));
  }

  @Override
  public Block embedding() {
    return () -> Block.parametersOf(patches, () -> List.of(positions));
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
  public List<Integer> deepstackBlocks() {
    return config.deepstackVisualIndexes();
  }

  @Override
  public Block deepstackMerger(int index) {
    return deepstack.get(index);
  }

  @Override
  public OnPictures on(Scope scope, List<Grid> grids, Attention.Implementation attention) {
    PatchPlaces places = PatchPlaces.of(config, grids);
    CosSin cosSin = CosSin.of(scope, places.angles(), config.headDim(), CosSin.Rounding.ONCE);
    LearnedPositions learned = LearnedPositions.of(config, grids);
    return new Pictures(
        VisionAttention.Run.of(places.frames(), cosSin),
        scope.fromLongs(learned.tableRows(), 4, places.patches()),
        scope.fromFloats(learned.tableWeights(), 4, places.patches(), 1),
        attention);
  }

  /**
   * The pictures of one batch: frames whose patches see each other, and the rows of the position
   * table around each patch, [4, N], with their weights, [4, N, 1].
   */
  private final class Pictures implements OnPictures {
    private final List<VisionAttention.Run> frames;
    private final NDArray rows;
    private final NDArray corners;
    private final Attention.Implementation attention;

    Pictures(
        List<VisionAttention.Run> frames,
        NDArray rows,
        NDArray corners,
        Attention.Implementation attention) {
      this.frames = frames;
      this.rows = rows;
      this.corners = corners;
      this.attention = attention;
    }

    @Override
    public NDArray embed(Weights weights, NDArray pixels) {
      NDArray patches_NC = patches.product(weights, pixels);
      NDArray around_4NC =
          Ops.asTypeOf(patches_NC, Ops.embedding(weights.get(positions.name()), rows));
      NDArray shares_4N1 = Ops.asTypeOf(patches_NC, corners);
      return patches_NC.add(around_4NC.mul(shares_4N1).sum(new int[] {0}));
    }

    @Override
    public NDArray block(Weights weights, int index, NDArray hidden_NC) {
      return blocks
          .get(index)
          .apply(
              weights, hidden_NC, x -> attentions.get(index).apply(weights, x, frames, attention));
    }

    @Override
    public NDArray merge(Weights weights, NDArray hidden_NC) {
      return merger.apply(weights, hidden_NC);
    }

    @Override
    public NDArray deepstack(Weights weights, int index, NDArray hidden_NC) {
      return deepstack.get(index).apply(weights, hidden_NC);
    }
  }
}
