package io.lockstep.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Attention segments of one size that follow each other, computed as one batch.
 *
 * @param start first patch
 * @param segments number of segments n
 * @param size patches of each
 * @param cos rotary cosines, [n, 1, size, d]
 * @param sin rotary sines, [n, 1, size, d]
 */
record SegmentRun(int start, int segments, int size, NDArray cos, NDArray sin) {

  int patches() {
    return segments * size;
  }

  int end() {
    return start + patches();
  }

  /**
   * Joins equal neighbours.
   *
   * @param sizes patches of each segment, in order
   * @param cos rotary cosines of all patches, [N, d]
   * @param sin likewise
   */
  static List<SegmentRun> of(List<Integer> sizes, NDArray cos, NDArray sin) {
    List<SegmentRun> runs = new ArrayList<>();
    long headDim = cos.getShape().get(1);
    int start = 0;
    for (int first = 0; first < sizes.size(); ) {
      int size = sizes.get(first);
      int last = first;
      while (last < sizes.size() && sizes.get(last) == size) {
        last++;
      }
      int count = last - first;
      NDIndex rows = new NDIndex("{}:{}", start, start + count * size);
      Shape shape = new Shape(count, 1, size, headDim);
      runs.add(
          new SegmentRun(
              start, count, size, cos.get(rows).reshape(shape), sin.get(rows).reshape(shape)));
      start += count * size;
      first = last;
    }
    return List.copyOf(runs);
  }
}
