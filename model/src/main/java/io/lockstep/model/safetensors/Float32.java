package io.lockstep.model.safetensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** Exact conversion of stored numbers to float32. */
public final class Float32 {

  /** Types whose every value is a float32. */
  public static final List<DType> SOURCES = List.of(DType.F32, DType.BF16, DType.F16);

  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Float32() {}

  /**
   * Copies numbers of any of the {@link #SOURCES}.
   *
   * @param source little-endian
   * @param target four bytes for each number, native order
   * @throws IllegalArgumentException if the type is none of them or the sizes do not fit
   */
  public static void copy(DType type, MemorySegment source, MemorySegment target) {
    if (!SOURCES.contains(type) || source.byteSize() / type.bytes() * 4 != target.byteSize()) {
      throw new IllegalArgumentException(
          "cannot make %d bytes of float32 from %d bytes of %s"
              .formatted(target.byteSize(), source.byteSize(), type));
    }
    long count = target.byteSize() / Float.BYTES;
    if (type == DType.F32) {
      target.copyFrom(source);
    } else if (type == DType.BF16) {
      for (long i = 0; i < count; i++) {
        target.setAtIndex(ValueLayout.JAVA_INT, i, source.getAtIndex(HALF, i) << 16);
      }
    } else {
      for (long i = 0; i < count; i++) {
        target.setAtIndex(
            ValueLayout.JAVA_FLOAT, i, Float.float16ToFloat(source.getAtIndex(HALF, i)));
      }
    }
  }
}
