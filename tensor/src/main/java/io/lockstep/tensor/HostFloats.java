package io.lockstep.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The float32 elements of a buffer in host memory, for Java to read and write in place. */
public final class HostFloats {

  /** Values of a mapped file need not be aligned. */
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final MemorySegment memory;

  HostFloats(MemorySegment memory) {
    this.memory = memory;
  }

  /** How many there are. */
  public long size() {
    return memory.byteSize() / FLOAT.byteSize();
  }

  /** One element. */
  public float get(long index) {
    return memory.get(FLOAT, index * FLOAT.byteSize());
  }

  /** Sets one element. */
  public void set(long index, float value) {
    memory.set(FLOAT, index * FLOAT.byteSize(), value);
  }

  /** Sets all elements. */
  public void fill(float value) {
    long size = size();
    for (long i = 0; i < size; i++) {
      set(i, value);
    }
  }

  /** A copy of all elements. */
  public float[] toArray() {
    return memory.toArray(FLOAT);
  }

  /** Copies elements from {@code from} on into an array. */
  public void copyTo(long from, float[] into, int at, int count) {
    MemorySegment.copy(memory, FLOAT, from * FLOAT.byteSize(), into, at, count);
  }

  /** Copies elements of an array to {@code to} and on. */
  public void copyFrom(float[] from, int at, int count, long to) {
    MemorySegment.copy(from, at, memory, FLOAT, to * FLOAT.byteSize(), count);
  }

  /** Copies elements of another view to {@code to} and on. */
  public void copyFrom(HostFloats from, long at, long count, long to) {
    long size = FLOAT.byteSize();
    MemorySegment.copy(from.memory, at * size, memory, to * size, count * size);
  }
}
