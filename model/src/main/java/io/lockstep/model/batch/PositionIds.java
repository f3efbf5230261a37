package io.lockstep.model.batch;

import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.image.Grid;
import java.util.List;

/**
 * Rotary positions of one row on the axes time, height and width.
 *
 * <p>Text advances all three together. A picture's token at frame f, merged row r and merged column
 * c gets the position where the picture begins plus (f, r, c); what follows goes on after the
 * largest of these (Qwen-VL's multimodal rotary embedding). If a picture keeps only some of its
 * tokens, these and what follows stay where they would be if it kept all.
 *
 * @param ids [3, T]
 * @param next the position of a token that continues the row
 */
@SuppressWarnings("ArrayRecordComponent")
public record PositionIds(long[] ids, long next) {

  /**
   * Computes the positions of an unpadded row.
   *
   * @param name how errors call the row
   * @param kept which of its tokens each picture keeps
   * @throws IllegalArgumentException if the placeholders do not match the pictures
   */
  public static PositionIds of(
      String name,
      int[] tokens,
      List<Grid> grids,
      List<KeptTokens> kept,
      int imageTokenId,
      int mergeSize) {
    checkPlaceholders(name, tokens, grids, kept, imageTokenId);
    int length = tokens.length;
    long[] ids = new long[Math.multiplyExact(3, length)];
    long current = 0;
    int image = 0;
    int at = 0;
    while (at < length) {
      if (tokens[at] != imageTokenId) {
        ids[at] = current;
        ids[length + at] = current;
        ids[2 * length + at] = current;
        current++;
        at++;
        continue;
      }
      KeptTokens ofPicture = kept.get(image);
      Grid grid = grids.get(image++);
      int h = grid.h() / mergeSize;
      int w = grid.w() / mergeSize;
      for (int i : ofPicture.indices()) {
        ids[at] = current + i / (h * w);
        ids[length + at] = current + i / w % h;
        ids[2 * length + at] = current + i % w;
        at++;
      }
      current += Math.max(grid.t(), Math.max(h, w));
    }
    return new PositionIds(ids, current);
  }

  private static void checkPlaceholders(
      String name, int[] tokens, List<Grid> grids, List<KeptTokens> kept, int imageTokenId) {
    int image = 0;
    int at = 0;
    while (at < tokens.length) {
      if (tokens[at] != imageTokenId) {
        at++;
        continue;
      }
      int run = 0;
      while (at + run < tokens.length && tokens[at + run] == imageTokenId) {
        run++;
      }
      if (image == grids.size()) {
        throw new IllegalArgumentException(
            "%s has %d image placeholders after its %d pictures; give a picture for each run"
                .formatted(name, run, image));
      }
      KeptTokens expected = kept.get(image);
      if (run != expected.count()) {
        throw new IllegalArgumentException(
            "%s has %d placeholders for picture %d, whose grid %s makes %d tokens%s"
                .formatted(
                    name,
                    run,
                    image + 1,
                    grids.get(image),
                    expected.of(),
                    expected.isAll() ? "" : ", of which it keeps " + expected.count()));
      }
      image++;
      at += run;
    }
    if (image != grids.size()) {
      throw new IllegalArgumentException(
          "%s has %d pictures but placeholders for %d".formatted(name, grids.size(), image));
    }
  }
}
