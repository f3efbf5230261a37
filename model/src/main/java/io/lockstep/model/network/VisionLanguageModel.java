package io.lockstep.model.network;

import static io.lockstep.model.parameter.ParameterSpec.Module.ALIGNER;
import static io.lockstep.model.parameter.ParameterSpec.Module.VIT;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.model.config.Qwen25VlConfig;
import io.lockstep.model.config.Qwen3VlConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A model of any family in float32: pictures and text in, hidden states and logits out.
 *
 * <p>Shapes: B rows, T tokens, H hidden size, V vocabulary. Every pass computes into the scope it
 * is given; nothing outlives that scope.
 */
public final class VisionLanguageModel {

  /** Sees nothing: for passes whose activations nobody asks for. */
  public static final BiConsumer<String, NDArray> NO_PROBE = (name, activation) -> {};

  private static final String TABLE = ModelLayout.LANGUAGE + "embed_tokens";
  static final String EMBEDDING = TABLE + ".weight";

  private final ModelConfig config;
  private final Weights weights;
  private final VisionTower vision;
  private final TextTower text;
  private final TextRotary rotary;
  private final RotaryAngles.Rounding rounding;

  /** A model over weights named by {@link ModelLayout}. */
  public VisionLanguageModel(ModelConfig config, Weights weights) {
    this.config = config;
    this.weights = weights;
    vision = VisionTower.of(config.vision(), weights);
    text = new TextTower(config.text(), weights);
    rotary = new TextRotary(config.text());
    rounding =
        switch (config) {
          case Qwen25VlConfig _ -> RotaryAngles.Rounding.AS_LIBTORCH;
          case Qwen3VlConfig _ -> RotaryAngles.Rounding.ONCE;
        };
  }

  /** The configuration. */
  public ModelConfig config() {
    return config;
  }

  /**
   * Hidden states of a whole left-padded batch before the final norm, [B, T, H]; rows at padded
   * positions have no meaning.
   *
   * @param cache filled with keys and values if present
   * @param probe sees activations by name: {@code vision_block_N}, {@code vision_merger}, {@code
   *     text_layer_N}
   */
  public NDArray hidden(
      Scope scope, Batch batch, @Nullable KvCache cache, BiConsumer<String, NDArray> probe) {
    NDArray ids = scope.fromLongs(batch.ids(), batch.rows(), batch.length());
    NDArray embedded_BTH = embed(ids);
    TextTower.DeepStack deepstack = null;
    if (batch.patches() > 0) {
      VisionTower.Features features = see(scope, batch, probe);
      long[] rows = pictureRows(batch);
      embedded_BTH = splice(scope, embedded_BTH, rows, features.merged());
      deepstack = new TextTower.DeepStack(scope.fromLongs(rows, rows.length), features.deepstack());
    }
    NDArray hidden_BTH =
        text.layers(embedded_BTH, attention(scope, batch), deepstack, cache, probe);
    if (cache != null) {
      cache.advance();
    }
    return hidden_BTH;
  }

  /**
   * Hidden states of one further token a row, [B, 1, H].
   *
   * @param tokens the tokens, [B]
   * @param positions position of each row's token, [B]; equal on all three axes
   * @param visible which cached tokens each row sees, the new one included, [B, cache length + 1]
   * @param probe sees activations by name, as in {@link #hidden}
   */
  public NDArray next(
      Scope scope,
      long[] tokens,
      long[] positions,
      boolean[] visible,
      KvCache cache,
      BiConsumer<String, NDArray> probe) {
    int rows = tokens.length;
    NDArray embedded_BTH = embed(scope.fromLongs(tokens, rows, 1));
    long[] axes = new long[3 * rows];
    for (int axis = 0; axis < 3; axis++) {
      System.arraycopy(positions, 0, axes, axis * rows, rows);
    }
    NDArray mask = PaddedMask.of(scope, visible, rows, 1, cache.length() + 1);
    NDArray hidden_BTH =
        text.layers(embedded_BTH, attention(scope, axes, rows, mask), null, cache, probe);
    cache.advance();
    return hidden_BTH;
  }

  /**
   * Logits [.., V] of hidden states [.., H]: final norm, then the head (the embedding table if it
   * is tied).
   */
  public NDArray logits(NDArray hidden) {
    NDArray normed = text.norm(hidden);
    return weights.linear(config.tieWordEmbeddings() ? TABLE : ModelLayout.HEAD, normed);
  }

  /**
   * What {@link #hidden} computes, cut into segments: each reads outputs of earlier ones, the last
   * one's output is the hidden states.
   *
   * @param scope holds what depends on the batch and not on the weights
   */
  public List<Segment> segments(Scope scope, Batch batch) {
    return new BatchSegments(this, scope, batch).all();
  }

  VisionTower vision() {
    return vision;
  }

  TextTower text() {
    return text;
  }

  /** Rows of the flattened batch [B * T] that hold picture tokens. */
  long[] pictureRows(Batch batch) {
    return LongStream.range(0, batch.ids().length)
        .filter(row -> batch.ids()[(int) row] == config.imageTokenId())
        .toArray();
  }

  NDArray embed(NDArray ids) {
    return Ops.embedding(weights.get(EMBEDDING), ids);
  }

  private VisionTower.Features see(Scope scope, Batch batch, BiConsumer<String, NDArray> probe) {
    NDArray pixels =
        scope.fromFloats(batch.pixels(), batch.patches(), config.vision().patchValues());
    VisionTower.Features features =
        weights.trains(VIT) || weights.trains(ALIGNER)
            ? vision.forward(scope, pixels, batch.grids(), probe)
            : constant(scope, pixels, batch, probe);
    return kept(scope, batch, features);
  }

  /** Leaves the features that take a placeholder's place; of the merger and of DeepStack alike. */
  private static VisionTower.Features kept(
      Scope scope, Batch batch, VisionTower.Features features) {
    if (batch.keptTokens().length == 0) {
      return features;
    }
    NDArray rows = scope.fromLongs(batch.keptTokens(), batch.keptTokens().length);
    return new VisionTower.Features(
        Ops.indexSelect(features.merged(), 0, rows),
        features.deepstack().stream().map(added -> Ops.indexSelect(added, 0, rows)).toList());
  }

  /** Features of a tower in which nothing is trained: no graph, and nothing stays but they. */
  private VisionTower.Features constant(
      Scope scope, NDArray pixels, Batch batch, BiConsumer<String, NDArray> probe) {
    try (Scope temporaries = scope.child()) {
      VisionTower.Features features =
          Autograd.inference(() -> vision.forward(temporaries, pixels, batch.grids(), probe));
      return new VisionTower.Features(
          scope.keep(features.merged()), features.deepstack().stream().map(scope::keep).toList());
    }
  }

  /** Replaces the embeddings of picture tokens, in order, by the merged features. */
  static NDArray splice(Scope scope, NDArray embedded_BTH, long[] rows, NDArray merged_MH) {
    if (rows.length != merged_MH.getShape().get(0)) {
      throw new IllegalArgumentException(
          "the batch has "
              + rows.length
              + " picture tokens, its pictures give "
              + merged_MH.getShape().get(0)
              + " features: expand each picture to t*h*w/4 tokens");
    }
    Shape shape = embedded_BTH.getShape();
    boolean[] isImage = new boolean[Math.toIntExact(shape.get(0) * shape.get(1))];
    for (long row : rows) {
      isImage[(int) row] = true;
    }
    NDArray mask = scope.fromBooleans(isImage, shape.get(0), shape.get(1), 1).broadcast(shape);
    return Ops.maskedScatter(embedded_BTH, mask, merged_MH);
  }

  /** How the tokens of a batch see each other. */
  TextTower.Attention attention(Scope scope, Batch batch) {
    return attention(scope, batch.positionIds(), batch.rows(), PaddedMask.of(scope, batch));
  }

  private TextTower.Attention attention(
      Scope scope, long[] positions, int rows, @Nullable NDArray mask) {
    RotaryAngles.Turns turns = rotary.angles(positions).turns(scope, rounding);
    Shape shape = new Shape(rows, 1, positions.length / 3 / rows, config.text().headDim());
    return new TextTower.Attention(turns.cos().reshape(shape), turns.sin().reshape(shape), mask);
  }
}
