package io.lockstep.model.safetensors;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Between the float types that weights are stored in and the float32 that is computed in.
 *
 * <p>Widening is exact. Narrowing rounds to the nearest value, to the even one of two that are
 * equally near; what is too large becomes infinite.
 */
public final class FloatConversion {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Bits of a float32 that bfloat16 leaves out. */
  private static final int DROPPED_BITS = 16;

  private FloatConversion() {}

  /** Whether values of that type can be converted. */
  public static boolean isFloat(DType type) {
    return type == DType.F32 || type == DType.F16 || type == DType.BF16;
  }

  /**
   * Widens stored values.
   *
   * @param from values of that type, little-endian
   * @param to float32 values, as many
   * @throws IllegalArgumentException if the type or the sizes don't fit
   */
  public static void toFloat32(DType type, MemorySegment from, MemorySegment to) {
    long count = count(type, from, to);
    switch (type) {
      case F32 -> to.copyFrom(from);
      case F16 -> {
        for (long i = 0; i < count; i++) {
          to.set(FLOAT, i * Float.BYTES, Float.float16ToFloat(from.get(SHORT, i * Short.BYTES)));
        }
      }
      case BF16 -> {
        for (long i = 0; i < count; i++) {
          to.set(
              FLOAT,
              i * Float.BYTES,
              Float.intBitsToFloat(from.get(SHORT, i * Short.BYTES) << DROPPED_BITS));
        }
      }
      default -> throw unsupported(type);
    }
  }

  /**
   * Narrows values to a stored type.
   *
   * @param from float32 values
   * @param to values of that type, as many, little-endian
   * @throws IllegalArgumentException if the type or the sizes don't fit
   */
  public static void fromFloat32(DType type, MemorySegment from, MemorySegment to) {
    long count = count(type, to, from);
    switch (type) {
      case F32 -> to.copyFrom(from);
      case F16 -> {
        for (long i = 0; i < count; i++) {
          to.set(SHORT, i * Short.BYTES, Float.floatToFloat16(from.get(FLOAT, i * Float.BYTES)));
        }
      }
      case BF16 -> {
        for (long i = 0; i < count; i++) {
          to.set(SHORT, i * Short.BYTES, bfloat16(from.get(FLOAT, i * Float.BYTES)));
        }
      }
      default -> throw unsupported(type);
    }
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> DROPPED_BITS);
    }
    int half = (1 << (DROPPED_BITS - 1)) - 1;
    int odd = (bits >>> DROPPED_BITS) & 1;
    return (short) ((bits + half + odd) >>> DROPPED_BITS);
  }

  private static long count(DType type, MemorySegment stored, MemorySegment floats) {
    long count = floats.byteSize() / Float.BYTES;
    if (stored.byteSize() != count * type.bytes()) {
      throw new IllegalArgumentException(
          "%d bytes of %s are not %d values".formatted(stored.byteSize(), type, count));
    }
    return count;
  }

  private static IllegalArgumentException unsupported(DType type) {
    return new IllegalArgumentException(
        "weights of type " + type + " can't be computed with: store them as F32, F16 or BF16");
  }
}
