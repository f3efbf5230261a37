package io.lockstep.model.safetensors;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;

/**
 * A tensor's values as they are stored.
 *
 * @param type their type
 * @param values little-endian, valid as long as what they were read from is open
 */
public record StoredValues(DType type, MemorySegment values) {

  /** What is compared at once; a table may have gigabytes. */
  private static final long CHUNK = 1 << 18;

  /** How many there are. */
  public long count() {
    return values.byteSize() / type.bytes();
  }

  /** Whether others are as many and the same numbers, whatever their type. */
  public boolean equalNumbers(StoredValues others) {
    return FloatConversion.isFloat(type)
        && FloatConversion.isFloat(others.type)
        && count() == others.count()
        && firstDifference(others).isEmpty();
  }

  /**
   * The first number that is another than in others, which are as many; the two zeros are equal. No
   * more than a piece of both is in memory.
   */
  public OptionalLong firstDifference(StoredValues others) {
    if (type == others.type && values.mismatch(others.values) < 0) {
      return OptionalLong.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment here = arena.allocate(CHUNK * Float.BYTES, Float.BYTES);
      MemorySegment there = arena.allocate(CHUNK * Float.BYTES, Float.BYTES);
      for (long first = 0; first < count(); first += CHUNK) {
        long size = Math.min(CHUNK, count() - first);
        floats(first, size, here);
        others.floats(first, size, there);
        for (long i = 0; i < size; i++) {
          if (here.getAtIndex(ValueLayout.JAVA_FLOAT, i)
              != there.getAtIndex(ValueLayout.JAVA_FLOAT, i)) {
            return OptionalLong.of(first + i);
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  private void floats(long first, long size, MemorySegment into) {
    FloatConversion.toFloat32(
        type,
        values.asSlice(first * type.bytes(), size * type.bytes()),
        into.asSlice(0, size * Float.BYTES));
  }
}
