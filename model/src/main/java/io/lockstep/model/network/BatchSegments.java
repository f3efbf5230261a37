package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import io.lockstep.model.batch.Batch;
import io.lockstep.model.config.ModelConfig;
import io.lockstep.tensor.Ops;
import io.lockstep.tensor.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cuts a network's computation of one batch into segments. */
final class BatchSegments {

  private final VisionLanguageModel network;
  private final ModelConfig config;
  private final Scope scope;
  private final Batch batch;
  private final Segmentation names;
  private final List<Integer> deepstackBlocks;
  private final List<Segment> segments = new ArrayList<>();

  BatchSegments(VisionLanguageModel network, Scope scope, Batch batch) {
    this.network = network;
    this.config = network.config();
    this.scope = scope;
    this.batch = batch;
    names = new Segmentation(config);
    deepstackBlocks = Segmentation.deepstackBlocks(config.vision());
  }

  List<Segment> all() {
    if (batch.patches() > 0) {
      vision();
    }
    text();
    return List.copyOf(segments);
  }

  private void add(String name, List<String> inputs, Segment.Computation computation) {
    segments.add(
        new Segment(
            names.indexOf(name), inputs.stream().map(names::indexOf).toList(), computation));
  }

  private void vision() {
    NDArray pixels =
        scope.fromFloats(batch.pixels(), batch.patches(), config.vision().patchValues());
    VisionTower.Pieces pieces = network.vision().pieces(scope, batch.grids());
    NDArray keptRows =
        batch.keptTokens().length == 0
            ? null
            : scope.fromLongs(batch.keptTokens(), batch.keptTokens().length);
    add(Segmentation.VISION_EMBEDDING, List.of(), none -> pieces.embed(pixels));
    String before = Segmentation.VISION_EMBEDDING;
    for (int i = 0; i < config.vision().depth(); i++) {
      int block = i;
      String name = Segmentation.VISION_BLOCK + block;
      add(name, List.of(before), inputs -> pieces.block(block, inputs.getFirst()));
      before = name;
    }
    add(
        Segmentation.VISION_MERGER,
        List.of(before),
        inputs -> kept(pieces.merge(inputs.getFirst()), keptRows));
    for (int i = 0; i < deepstackBlocks.size(); i++) {
      int index = i;
      add(
          Segmentation.DEEPSTACK_MERGER + index,
          List.of(Segmentation.VISION_BLOCK + deepstackBlocks.get(index)),
          inputs -> kept(pieces.deepstack(index, inputs.getFirst()), keptRows));
    }
  }

  private static NDArray kept(NDArray features_MH, @Nullable NDArray rows) {
    return rows == null ? features_MH : Ops.indexSelect(features_MH, 0, rows);
  }

  private void text() {
    NDArray ids = scope.fromLongs(batch.ids(), batch.rows(), batch.length());
    TextTower.Attention attention = network.attention(scope, batch);
    long[] rows = batch.patches() > 0 ? network.pictureRows(batch) : new long[0];
    NDArray pictureRows = scope.fromLongs(rows, rows.length);
    if (batch.patches() > 0) {
      add(
          Segmentation.TEXT_EMBEDDING,
          List.of(Segmentation.VISION_MERGER),
          inputs -> VisionLanguageModel.splice(scope, network.embed(ids), rows, inputs.getFirst()));
    } else {
      add(Segmentation.TEXT_EMBEDDING, List.of(), none -> network.embed(ids));
    }
    String before = Segmentation.TEXT_EMBEDDING;
    for (int i = 0; i < config.text().layers(); i++) {
      int layer = i;
      String name = Segmentation.TEXT_LAYER + layer;
      if (batch.patches() > 0 && layer < deepstackBlocks.size()) {
        add(
            name,
            List.of(before, Segmentation.DEEPSTACK_MERGER + layer),
            inputs ->
                TextTower.addAt(
                    network.text().layer(layer, inputs.getFirst(), attention, null),
                    pictureRows,
                    inputs.getLast()));
      } else {
        add(
            name,
            List.of(before),
            inputs -> network.text().layer(layer, inputs.getFirst(), attention, null));
      }
      before = name;
    }
  }
}
