package io.lockstep.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Rows of float32 values in host memory.
 *
 * @param memory begins with the first row
 * @param stride values from one row to the next
 */
record Rows(MemorySegment memory, int stride) {

  /** From a column on. */
  MemorySegment from(int column) {
    return memory.asSlice(Dtype.FLOAT32.bytes(column));
  }

  /** One of them. */
  Rows row(int row) {
    return new Rows(memory.asSlice(Dtype.FLOAT32.bytes((long) row * stride)), stride);
  }
}
