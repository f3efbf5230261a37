package io.lockstep.worker.checkpoint;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;

/**
 * Both moments of AdamW over values [start, end) of the flat layout.
 *
 * @param start the first value
 * @param mean float32, one for each value
 * @param meanSquare float32, one for each value
 */
public record Moments(long start, Buffer mean, Buffer meanSquare) {

  /** Checks the sizes. */
  public Moments {
    if (start < 0
        || mean.elements() != meanSquare.elements()
        || mean.dtype() != Dtype.FLOAT32
        || meanSquare.dtype() != Dtype.FLOAT32) {
      throw new IllegalArgumentException(
          "moments from value %d are %s and %s".formatted(start, mean, meanSquare));
    }
  }

  /** Number of values. */
  public long floats() {
    return mean.elements();
  }

  /** The first value after the range. */
  public long end() {
    return start + floats();
  }
}
