package io.lockstep.model.batch;

import io.lockstep.model.image.Grid;
import java.util.List;
import java.util.Optional;

/**
 * B rows padded on the left to one length T, as plain row-major arrays.
 *
 * @param rows B
 * @param length T
 * @param ids [B, T] token ids; the pad token at padded positions
 * @param attentionMask [B, T] 1 for tokens, 0 for padding
 * @param labels [B, T] wanted tokens, {@link Sample#IGNORED} where nothing is learned
 * @param positionIds [3, B, T] time, height and width; 0 at padded positions
 * @param nextPositions [B] the position of a token that continues the row, on all three axes
 * @param pixels [patches, values per patch], all pictures in row order
 * @param grids of all pictures in row order
 * @param keptTokens [placeholders] rows of the merged vision tokens of all pictures that take the
 *     places of the placeholders, in order; empty if all do
 * @param truths [B] the objects of each row's picture, where they are known; empty if they are of
 *     no row
 * @param marks [B, T] what is known of each token besides, {@link Marks}; empty if that is nothing
 */
@SuppressWarnings("ArrayRecordComponent")
public record Batch(
    int rows,
    int length,
    long[] ids,
    long[] attentionMask,
    long[] labels,
    long[] positionIds,
    long[] nextPositions,
    float[] pixels,
    List<Grid> grids,
    long[] keptTokens,
    List<Optional<Truth>> truths,
    byte[] marks) {

  public Batch {
    grids = List.copyOf(grids);
    truths = List.copyOf(truths);
  }

  /** A batch of whose tokens nothing more is known. */
  public Batch(
      int rows,
      int length,
      long[] ids,
      long[] attentionMask,
      long[] labels,
      long[] positionIds,
      long[] nextPositions,
      float[] pixels,
      List<Grid> grids,
      long[] keptTokens,
      List<Optional<Truth>> truths) {
    this(
        rows,
        length,
        ids,
        attentionMask,
        labels,
        positionIds,
        nextPositions,
        pixels,
        grids,
        keptTokens,
        truths,
        new byte[0]);
  }

  /** A batch of whose pictures no objects are known, and nothing more of its tokens. */
  public Batch(
      int rows,
      int length,
      long[] ids,
      long[] attentionMask,
      long[] labels,
      long[] positionIds,
      long[] nextPositions,
      float[] pixels,
      List<Grid> grids,
      long[] keptTokens) {
    this(
        rows,
        length,
        ids,
        attentionMask,
        labels,
        positionIds,
        nextPositions,
        pixels,
        grids,
        keptTokens,
        List.of(),
        new byte[0]);
  }

  /** A batch whose pictures keep all their vision tokens. */
  public Batch(
      int rows,
      int length,
      long[] ids,
      long[] attentionMask,
      long[] labels,
      long[] positionIds,
      long[] nextPositions,
      float[] pixels,
      List<Grid> grids) {
    this(
        rows,
        length,
        ids,
        attentionMask,
        labels,
        positionIds,
        nextPositions,
        pixels,
        grids,
        new long[0]);
  }

  /** Number of patches of all pictures. */
  public int patches() {
    return grids.stream().mapToInt(Grid::patches).sum();
  }

  /**
   * Number of positions whose next token is learned: labels that count, except at the first
   * position of a row, which nothing predicts.
   */
  public int supervisedTokens() {
    int count = 0;
    for (int row = 0; row < rows; row++) {
      for (int t = 1; t < length; t++) {
        if (labels[row * length + t] != Sample.IGNORED) {
          count++;
        }
      }
    }
    return count;
  }
}
