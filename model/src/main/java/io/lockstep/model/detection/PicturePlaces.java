package io.lockstep.model.detection;

import io.lockstep.model.batch.Batch;
import io.lockstep.model.image.Grid;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the picture tokens of a batch stand: in the batch, and in their picture.
 *
 * <p>Shapes: B rows, M most picture tokens of a row. Rows with fewer are filled up; a row without
 * pictures keeps its first place, so that there is something to attend to, and what is computed of
 * it has no meaning.
 *
 * @param rows B
 * @param tokens M, at least 1
 * @param at [B * M] rows of the flattened batch
 * @param seen [B * M] which of them count
 * @param centres [B * M * 2] of each token's square, from the left and from the top, in shares of
 *     the picture
 */
@SuppressWarnings("ArrayRecordComponent")
record PicturePlaces(int rows, int tokens, long[] at, boolean[] seen, float[] centres) {

  private static final int AXES = 2;

  /** A token's place. */
  private record Place(long at, float x, float y) {}

  /**
   * The places of a batch.
   *
   * @param imageTokenId the placeholder of picture tokens
   * @param mergeSize side, in patches, of the square that becomes one token
   */
  static PicturePlaces of(Batch batch, int imageTokenId, int mergeSize) {
    List<List<Place>> places = new ArrayList<>();
    Merged merged = new Merged(batch.grids(), mergeSize);
    int next = 0;
    for (int row = 0; row < batch.rows(); row++) {
      List<Place> ofRow = new ArrayList<>();
      for (int t = 0; t < batch.length(); t++) {
        int at = row * batch.length() + t;
        if (batch.ids()[at] == imageTokenId) {
          long token = batch.keptTokens().length == 0 ? next : batch.keptTokens()[next];
          next++;
          ofRow.add(merged.place(at, token));
        }
      }
      places.add(ofRow);
    }
    return padded(places, batch.length());
  }

  private static PicturePlaces padded(List<List<Place>> places, int length) {
    int rows = places.size();
    int tokens = Math.max(1, places.stream().mapToInt(List::size).max().orElse(1));
    long[] at = new long[rows * tokens];
    boolean[] seen = new boolean[rows * tokens];
    float[] centres = new float[rows * tokens * AXES];
    for (int row = 0; row < rows; row++) {
      List<Place> ofRow = places.get(row);
      for (int i = 0; i < tokens; i++) {
        int index = row * tokens + i;
        if (i < ofRow.size()) {
          Place place = ofRow.get(i);
          at[index] = place.at();
          centres[index * AXES] = place.x();
          centres[index * AXES + 1] = place.y();
          seen[index] = true;
        } else {
          at[index] = (row + 1L) * length - 1;
          seen[index] = i == 0;
        }
      }
    }
    return new PicturePlaces(rows, tokens, at, seen, centres);
  }

  /** The merged tokens of all pictures, numbered through in ascending order. */
  private static final class Merged {
    private final List<Grid> grids;
    private final int mergeSize;
    private int picture;
    private long before;

    Merged(List<Grid> grids, int mergeSize) {
      this.grids = grids;
      this.mergeSize = mergeSize;
    }

    Place place(long at, long token) {
      while (token - before >= grids.get(picture).tokens(mergeSize)) {
        before += grids.get(picture).tokens(mergeSize);
        picture++;
      }
      int wide = grids.get(picture).w() / mergeSize;
      int high = grids.get(picture).h() / mergeSize;
      long index = (token - before) % ((long) wide * high);
      long line = index / wide;
      return new Place(at, (index % wide + 0.5f) / wide, (line + 0.5f) / high);
    }
  }
}
