package io.lockstep.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A part of a matrix whose rows are added up with weights: {@code count} rows of {@code width}
 * values, float32 in host memory.
 *
 * @param memory begins with the first row
 * @param stride values from one row to the next
 * @param width a multiple of {@link RowProducts#LANES}, {@link RowProducts#PANEL} at most
 */
record Panel(MemorySegment memory, int count, int stride, int width) {

  /** From a row on. */
  MemorySegment from(int row) {
    return memory.asSlice(Dtype.FLOAT32.bytes((long) row * stride));
  }
}
