package io.lockstep.model.testing;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.image.Grid;
import io.lockstep.model.network.VisionLanguageModel;
import io.lockstep.model.safetensors.SafetensorsFile;
import io.lockstep.model.safetensors.TensorInfo;
import io.lockstep.tensor.Autograd;
import io.lockstep.tensor.Scope;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The left-padded batch of all four conversations that the public implementation computed. */
public record GoldenBatch(Batch batch) {

  private static final int MERGED_PATCHES = 4;

  /** A family's batch. */
  public static GoldenBatch of(GoldenFamily family) throws IOException {
    try (SafetensorsFile golden = SafetensorsFile.open(family.file("forward.safetensors"))) {
      TensorInfo ids = golden.info("input_ids");
      int rows = Math.toIntExact(ids.shape().get(0));
      int length = Math.toIntExact(ids.shape().get(1));
      long[] grids = longs(golden, "image_grid_thw");
      List<Grid> pictures = new ArrayList<>();
      for (int i = 0; i < grids.length; i += 3) {
        pictures.add(new Grid((int) grids[i], (int) grids[i + 1], (int) grids[i + 2]));
      }
      return new GoldenBatch(
          new Batch(
              rows,
              length,
              longs(golden, "input_ids"),
              longs(golden, "attention_mask"),
              longs(golden, "labels"),
              longs(golden, "position_ids"),
              new long[rows],
              golden.data("pixel_values").toArray(ValueLayout.JAVA_FLOAT_UNALIGNED),
              pictures));
    }
  }

  /** A row without its padding, with the pictures that its tokens stand for. */
  public GoldenBatch alone(int row, int imageTokenId) {
    int end = (row + 1) * batch.length();
    int start = end - (int) tokens(row);
    int tokens = end - start;
    long[] positions = new long[3 * tokens];
    for (int axis = 0; axis < 3; axis++) {
      int from = axis * batch.rows() * batch.length() + start;
      System.arraycopy(batch.positionIds(), from, positions, axis * tokens, tokens);
    }
    int before = patches(0, start, imageTokenId);
    int patches = patches(start, end, imageTokenId);
    int values = batch.pixels().length / batch.patches();
    List<Grid> pictures = new ArrayList<>();
    int at = 0;
    for (Grid grid : batch.grids()) {
      if (at >= before && at < before + patches) {
        pictures.add(grid);
      }
      at += grid.patches();
    }
    return new GoldenBatch(
        new Batch(
            1,
            tokens,
            Arrays.copyOfRange(batch.ids(), start, end),
            Arrays.copyOfRange(batch.attentionMask(), start, end),
            Arrays.copyOfRange(batch.labels(), start, end),
            positions,
            new long[1],
            Arrays.copyOfRange(batch.pixels(), before * values, (before + patches) * values),
            pictures));
  }

  /** Tokens of a row that are not padding. */
  public long tokens(int row) {
    int start = row * batch.length();
    return Arrays.stream(batch.attentionMask(), start, start + batch.length()).sum();
  }

  /** Patches of the pictures that a range of tokens stands for. */
  private int patches(int from, int to, int imageTokenId) {
    return MERGED_PATCHES
        * (int) Arrays.stream(batch.ids(), from, to).filter(id -> id == imageTokenId).count();
  }

  private static long[] longs(SafetensorsFile golden, String name) {
    return golden.data(name).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
  }

  /** Logits of the whole batch, [rows * length * vocabulary]. */
  public float[] logits(VisionLanguageModel network) {
    try (Scope scope = Scope.open()) {
      return Autograd.inference(() ->
              network.logits(network.hidden(scope, batch, null, VisionLanguageModel.NO_PROBE)))
          .toFloatArray();
    }
  }
}
