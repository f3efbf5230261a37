package io.lockstep.model.safetensors;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.HostFloats;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.OptionalLong;

/**
 * A tensor's values as they are stored.
 *
 * @param type their type
 * @param values little-endian, valid as long as what they were read from is open
 */
public record StoredValues(DType type, MemorySegment values) {

  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** What is compared at once; a table may have gigabytes. */
  private static final long CHUNK = 1 << 18;

  /**
   * The float32 or bfloat16 values of a buffer; copied to host memory if they lie on another
   * device.
   */
  public static StoredValues of(Buffer floats) {
    DType type =
        switch (floats.dtype()) {
          case FLOAT32 -> DType.F32;
          case BFLOAT16 -> DType.BF16;
          default ->
              throw new IllegalArgumentException(
                  "%s is to be float32 or bfloat16".formatted(floats));
        };
    return new StoredValues(type, floats.toHost().hostBytes());
  }

  /**
   * The values as tensors see them, shared.
   *
   * @throws IllegalArgumentException if there are no tensors of the type
   */
  public Buffer buffer() {
    return Buffer.onHost(
        values,
        type.dtype()
            .orElseThrow(() -> new IllegalArgumentException("there are no tensors of " + type)));
  }

  /** A part of the values. */
  public StoredValues slice(long first, long count) {
    return new StoredValues(
        type, values.asSlice(first * type.bytes(), Math.multiplyExact(count, (long) type.bytes())));
  }

  /**
   * Whole numbers of 64 bits.
   *
   * @throws IllegalArgumentException if they are others
   */
  public long[] toLongs() {
    if (type != DType.I64) {
      throw new IllegalArgumentException("values of " + type + " are no whole numbers of 64 bits");
    }
    return values.toArray(I64);
  }

  /** The numbers as float32. */
  public float[] toFloats() {
    float[] floats = new float[Math.toIntExact(count())];
    FloatConversion.toFloat32(this, Buffer.onHost(floats));
    return floats;
  }

  /** The same numbers in another type: these values if they have it, else out of the arena. */
  public StoredValues as(DType other, Arena arena) {
    if (other == type) {
      return this;
    }
    Buffer floats;
    if (type == DType.F32) {
      floats = buffer();
    } else {
      floats = Buffer.onHost(arena, Dtype.FLOAT32, count());
      FloatConversion.toFloat32(this, floats);
    }
    if (other == DType.F32) {
      return of(floats);
    }
    StoredValues narrowed =
        new StoredValues(other, arena.allocate(count() * other.bytes(), other.bytes()));
    FloatConversion.fromFloat32(floats, narrowed);
    return narrowed;
  }

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
      Buffer here = Buffer.onHost(arena, Dtype.FLOAT32, CHUNK);
      Buffer there = Buffer.onHost(arena, Dtype.FLOAT32, CHUNK);
      HostFloats own = here.floats();
      HostFloats other = there.floats();
      for (long first = 0; first < count(); first += CHUNK) {
        long size = Math.min(CHUNK, count() - first);
        FloatConversion.toFloat32(slice(first, size), here.slice(0, size));
        FloatConversion.toFloat32(others.slice(first, size), there.slice(0, size));
        for (long i = 0; i < size; i++) {
          if (own.get(i) != other.get(i)) {
            return OptionalLong.of(first + i);
          }
        }
      }
    }
    return OptionalLong.empty();
  }
}
