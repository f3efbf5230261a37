package io.lockstep.worker.checkpoint;

import java.lang.foreign.MemorySegment;

/**
 * Both moments of AdamW over values [start, end) of the flat layout.
 *
 * @param start the first value
 * @param mean float32, one for each value
 * @param meanSquare float32, one for each value
 */
public record Moments(long start, MemorySegment mean, MemorySegment meanSquare) {

  /** Checks the sizes. */
  public Moments {
    if (start < 0
        || mean.byteSize() != meanSquare.byteSize()
        || mean.byteSize() % Float.BYTES != 0) {
      throw new IllegalArgumentException(
          "moments from value %d have %d and %d bytes"
              .formatted(start, mean.byteSize(), meanSquare.byteSize()));
    }
  }

  /** Number of values. */
  public long floats() {
    return mean.byteSize() / Float.BYTES;
  }

  /** The first value after the range. */
  public long end() {
    return start + floats();
  }
}
