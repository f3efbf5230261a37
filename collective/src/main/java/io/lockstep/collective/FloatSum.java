package io.lockstep.collective;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Sums of float32 memory, element by element: the same bits on every machine. */
public final class FloatSum {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.nativeOrder());

  private FloatSum() {}

  /**
   * Sets {@code into[i] = into[i] + from[i]} in IEEE 754 single precision, round to nearest even.
   *
   * @param floats number of elements; both segments hold at least as many
   */
  public static void add(MemorySegment into, MemorySegment from, long floats) {
    // Slices of exactly the loop's length let the compiler drop the bounds checks and vectorise.
    MemorySegment sum = into.asSlice(0, floats * Float.BYTES);
    MemorySegment addend = from.asSlice(0, floats * Float.BYTES);
    for (long i = 0; i < floats; i++) {
      long at = i * Float.BYTES;
      sum.set(FLOAT, at, sum.get(FLOAT, at) + addend.get(FLOAT, at));
    }
  }
}
