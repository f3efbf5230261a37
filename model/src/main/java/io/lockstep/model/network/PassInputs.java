package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.detection.DetectionHead;
import io.lockstep.model.layer.CosSin;
import io.lockstep.model.layer.KvCache;
import io.lockstep.model.layer.PaddedMask;
import io.lockstep.model.layer.SelfAttention;
import io.lockstep.model.layer.TextRotary;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What the segments of one pass read besides weights and each other's outputs: the batch as
 * tensors, the cache of keys and values and the probe, if there are any.
 *
 * <p>Shapes: B rows, T tokens, H hidden size.
 */
public final class PassInputs {

  private final NDArray ids;
  private final SelfAttention.Tokens tokens;
  private final @Nullable Pictures pictures;
  private final @Nullable KvCache cache;
  private final ActivationListener probe;
  private final DetectionHead.@Nullable Picture detection;

  /**
   * The pictures of a batch and where they go.
   *
   * @param rows rows of the flattened batch [B * T] that hold picture tokens, int64
   * @param mask true at those, [B, T, 1]
   * @param kept rows of the merged features that take the placeholders' places; all if absent
   */
  private record Pictures(
      VisionTower.OnPictures vision,
      NDArray pixels,
      NDArray rows,
      NDArray mask,
      @Nullable NDArray kept) {

    static Pictures of(ModelConfig config, VisionTower tower, Scope scope, Batch batch) {
      long[] rows =
          LongStream.range(0, batch.ids().length)
              .filter(row -> batch.ids()[(int) row] == config.imageTokenId())
              .toArray();
      boolean[] isPicture = new boolean[batch.ids().length];
      for (long row : rows) {
        isPicture[(int) row] = true;
      }
      long[] kept = batch.keptTokens();
      return new Pictures(
          tower.on(scope, batch.grids(), config.attention()),
          rounded(config, scope, batch),
          scope.fromLongs(rows, rows.length),
          scope.fromBooleans(isPicture, batch.rows(), batch.length(), 1),
          kept.length == 0 ? null : scope.fromLongs(kept, kept.length));
    }
  }

  private PassInputs(
      NDArray ids,
      SelfAttention.Tokens tokens,
      @Nullable Pictures pictures,
      @Nullable KvCache cache,
      ActivationListener probe,
      DetectionHead.@Nullable Picture detection) {
    this.ids = ids;
    this.tokens = tokens;
    this.pictures = pictures;
    this.cache = cache;
    this.probe = probe;
    this.detection = detection;
  }

  /** In the type that is computed in, without the values that they are made of. */
  private static NDArray rounded(ModelConfig config, Scope scope, Batch batch) {
    NDArray pixels =
        scope.fromFloats(batch.pixels(), batch.patches(), config.vision().patchValues());
    if (config.computeType() == Dtype.FLOAT32) {
      return pixels;
    }
    try (pixels) {
      return Ops.cast(pixels, config.computeType());
    }
  }

  static PassInputs of(
      ModelConfig config,
      VisionTower tower,
      TextRotary rotary,
      Scope scope,
      Batch batch,
      @Nullable KvCache cache,
      ActivationListener probe) {
    CosSin cosSin = cosSin(config, rotary, scope, batch.positionIds(), batch.rows());
    return new PassInputs(
        scope.fromLongs(batch.ids(), batch.rows(), batch.length()),
        new SelfAttention.Tokens(
            cosSin, PaddedMask.of(scope, batch, config.computeType()), config.attention()),
        batch.patches() == 0 ? null : Pictures.of(config, tower, scope, batch),
        cache,
        probe,
        batch.patches() == 0 || config.detection().isEmpty()
            ? null
            : picture(config, scope, batch));
  }

  /** What the detection head reads of a batch; the configuration has one. */
  static DetectionHead.Picture picture(ModelConfig config, Scope scope, Batch batch) {
    return DetectionHead.Picture.of(
        scope,
        config.detection().orElseThrow(),
        batch,
        config.imageTokenId(),
        config.vision().spatialMergeSize());
  }

  static PassInputs ofNext(
      ModelConfig config,
      TextRotary rotary,
      Scope scope,
      long[] tokens,
      long[] positions,
      boolean[] visible,
      KvCache cache,
      ActivationListener probe) {
    int rows = tokens.length;
    NDArray mask =
        Ops.as(PaddedMask.of(scope, visible, rows, 1, cache.length() + 1), config.computeType());
    return new PassInputs(
        scope.fromLongs(tokens, rows, 1),
        new SelfAttention.Tokens(
            cosSinOfNext(config, rotary, scope, positions), mask, config.attention()),
        null,
        cache,
        probe,
        null);
  }

  /** Those of one token a row at positions [B] that are equal on all three axes. */
  static CosSin cosSinOfNext(ModelConfig config, TextRotary rotary, Scope scope, long[] positions) {
    int rows = positions.length;
    long[] axes = new long[3 * rows];
    for (int axis = 0; axis < 3; axis++) {
      System.arraycopy(positions, 0, axes, axis * rows, rows);
    }
    return cosSin(config, rotary, scope, axes, rows);
  }

  private static CosSin cosSin(
      ModelConfig config, TextRotary rotary, Scope scope, long[] positions, int rows) {
    int width = config.text().headDim();
    return CosSin.of(scope, rotary.angles(positions), width, config.rotaryRounding())
        .as(config.computeType())
        .reshape(new Shape(rows, 1, positions.length / 3 / rows, width));
  }

  boolean hasPictures() {
    return pictures != null;
  }

  /** Token ids, [B, T]. */
  NDArray ids() {
    return ids;
  }

  /** How tokens see each other. */
  SelfAttention.Tokens tokens() {
    return tokens;
  }

  /** Where keys and values are kept, if anywhere. */
  @Nullable KvCache cache() {
    return cache;
  }

  /** The activation, after the probe has seen it. */
  NDArray probed(String name, NDArray activation) {
    probe.accept(name, activation);
    return activation;
  }

  /** What a merger of DeepStack's has merged, after the listener has seen it. */
  NDArray merged(int merger, NDArray activation) {
    probe.deepstack(merger, activation);
    return activation;
  }

  /** The probabilities of a layer's router, after the listener has seen them. */
  NDArray routed(int layer, NDArray probabilities) {
    probe.router(layer, probabilities);
    return probabilities;
  }

  private Pictures pictures() {
    if (pictures == null) {
      throw new IllegalStateException("the pass has no pictures");
    }
    return pictures;
  }

  /** What the detection head reads of this batch. */
  DetectionHead.Picture detection() {
    if (detection == null) {
      throw new IllegalStateException("the pass has no pictures or the model no detection head");
    }
    return detection;
  }

  /** The vision tower on this batch's pictures. */
  VisionTower.OnPictures vision() {
    return pictures().vision();
  }

  /** Normalised patches of all pictures. */
  NDArray pixels() {
    return pictures().pixels();
  }

  /** The features [M, H] that take a placeholder's place. */
  NDArray kept(NDArray features_MH) {
    NDArray rows = pictures().kept();
    return rows == null ? features_MH : Ops.indexSelect(features_MH, 0, rows);
  }

  /** Replaces the embeddings of picture tokens, in order, by merged features. */
  NDArray placed(NDArray embedded_BTH, NDArray merged_MH) {
    long places = pictures().rows().getShape().get(0);
    if (places != merged_MH.getShape().get(0)) {
      throw new IllegalArgumentException(
          "the batch has "
              + places
              + " picture tokens, its pictures give "
              + merged_MH.getShape().get(0)
              + " features: expand each picture to t*h*w/4 tokens");
    }
    NDArray mask = pictures().mask().broadcast(embedded_BTH.getShape());
    return Ops.maskedScatter(embedded_BTH, mask, merged_MH);
  }

  /** Adds features [M, H] to picture tokens, in order. */
  NDArray addedToPictures(NDArray hidden_BTH, NDArray features_MH) {
    NDArray flat = hidden_BTH.reshape(-1, features_MH.getShape().get(1));
    return Ops.indexAdd(flat, 0, pictures().rows(), features_MH).reshape(hidden_BTH.getShape());
  }
}
