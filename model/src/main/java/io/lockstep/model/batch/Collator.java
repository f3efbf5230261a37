package io.lockstep.model.batch;

import io.lockstep.model.budget.KeptTokens;
import io.lockstep.model.image.Grid;
import io.lockstep.model.image.Patches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Puts samples side by side, padded on the left to the longest of them.
 *
 * @param padTokenId fills the front of shorter rows
 * @param imageTokenId the placeholder of merged vision embeddings
 * @param mergeSize side, in patches, of the square that becomes one token
 */
public record Collator(int padTokenId, int imageTokenId, int mergeSize) {

  /** A little less than an array's most elements. */
  private static final long MAX_PIXEL_VALUES = Integer.MAX_VALUE - 8;

  /**
   * Makes a batch.
   *
   * @throws IllegalArgumentException if there are no samples, or a sample's placeholders do not
   *     match its pictures
   */
  public Batch collate(List<Sample> samples) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("A batch needs at least one sample");
    }
    int rows = samples.size();
    int length = samples.stream().mapToInt(sample -> sample.tokens().length).max().orElseThrow();
    int places = Math.multiplyExact(rows, length);
    long[] ids = filled(places, padTokenId);
    long[] labels = filled(places, Sample.IGNORED);
    long[] mask = new long[places];
    long[] positions = new long[Math.multiplyExact(3, places)];
    long[] next = new long[rows];
    boolean marked = samples.stream().anyMatch(sample -> sample.marks().length > 0);
    byte[] marks = new byte[marked ? places : 0];
    List<Grid> grids = new ArrayList<>();
    List<KeptTokens> kept = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      Sample sample = samples.get(row);
      int count = sample.tokens().length;
      int begin = (row + 1) * length - count;
      List<Grid> own = sample.images().stream().map(Patches::grid).toList();
      List<KeptTokens> ownKept = sample.keptOfEach(mergeSize);
      PositionIds rowPositions =
          PositionIds.of(sample.name(), sample.tokens(), own, ownKept, imageTokenId, mergeSize);
      for (int t = 0; t < count; t++) {
        ids[begin + t] = sample.tokens()[t];
        labels[begin + t] = sample.labels()[t];
      }
      System.arraycopy(sample.marks(), 0, marks, marked ? begin : 0, sample.marks().length);
      Arrays.fill(mask, begin, begin + count, 1);
      for (int axis = 0; axis < 3; axis++) {
        System.arraycopy(
            rowPositions.ids(), axis * count, positions, axis * rows * length + begin, count);
      }
      next[row] = rowPositions.next();
      grids.addAll(own);
      kept.addAll(ownKept);
    }
    return new Batch(
        rows,
        length,
        ids,
        mask,
        labels,
        positions,
        next,
        pixels(samples),
        grids,
        keptTokens(kept),
        truths(samples),
        marks);
  }

  private static List<Optional<Truth>> truths(List<Sample> samples) {
    List<Optional<Truth>> truths = samples.stream().map(Sample::truth).toList();
    return truths.stream().anyMatch(Optional::isPresent) ? truths : List.of();
  }

  /** Kept tokens counted through all pictures; none if every picture keeps all. */
  private static long[] keptTokens(List<KeptTokens> pictures) {
    if (pictures.stream().allMatch(KeptTokens::isAll)) {
      return new long[0];
    }
    long[] all = new long[pictures.stream().mapToInt(KeptTokens::count).sum()];
    int at = 0;
    long before = 0;
    for (KeptTokens picture : pictures) {
      for (int index : picture.indices()) {
        all[at++] = before + index;
      }
      before += picture.of();
    }
    return all;
  }

  private static float[] pixels(List<Sample> samples) {
    List<Patches> images = samples.stream().flatMap(sample -> sample.images().stream()).toList();
    long values = images.stream().mapToLong(image -> image.pixels().length).sum();
    if (values > MAX_PIXEL_VALUES) {
      throw new IllegalArgumentException(
          "the %d pictures of a batch of %d come to %d values, more than the %d that a batch holds: take fewer at once, or set a lower max_pixels in preprocessor_config.json"
              .formatted(images.size(), samples.size(), values, MAX_PIXEL_VALUES));
    }
    float[] all = new float[Math.toIntExact(values)];
    int at = 0;
    for (Patches image : images) {
      System.arraycopy(image.pixels(), 0, all, at, image.pixels().length);
      at += image.pixels().length;
    }
    return all;
  }

  private static long[] filled(int length, long value) {
    long[] array = new long[length];
    Arrays.fill(array, value);
    return array;
  }
}
