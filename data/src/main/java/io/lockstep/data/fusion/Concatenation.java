package io.lockstep.data.fusion;

import java.util.Arrays;
import java.util.List;

/** Numbers the records of several datasets through, one dataset after the other. */
public final class Concatenation {

  private final long[] starts;

  /**
   * Lines datasets up.
   *
   * @param sizes records of each, at least 1
   */
  public Concatenation(List<Long> sizes) {
    starts = new long[sizes.size() + 1];
    for (int i = 0; i < sizes.size(); i++) {
      if (sizes.get(i) < 1) {
        throw new IllegalArgumentException("dataset " + i + " has " + sizes.get(i) + " records");
      }
      starts[i + 1] = Math.addExact(starts[i], sizes.get(i));
    }
  }

  /** Records of all datasets. */
  public long size() {
    return starts[starts.length - 1];
  }

  /** Records of one of them. */
  public long size(int dataset) {
    return starts[dataset + 1] - starts[dataset];
  }

  /** The dataset that a record is of. */
  public int datasetOf(long sample) {
    if (sample < 0 || sample >= size()) {
      throw new IllegalArgumentException("sample " + sample + " is outside of 0.." + (size() - 1));
    }
    int found = Arrays.binarySearch(starts, sample);
    return found >= 0 ? found : -found - 2;
  }

  /** The number of a record in its dataset. */
  public long indexIn(int dataset, long sample) {
    return sample - starts[dataset];
  }

  /** The number of a dataset's record among all. */
  public long sample(int dataset, long index) {
    return starts[dataset] + index;
  }
}
