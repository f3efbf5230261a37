package io.lockstep.collective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FloatSumTest {

  @Test
  void everyElementIsTheRoundedSumAndNothingBeyondIsTouched() {
    try (Arena arena = Arena.ofConfined()) {
      int floats = 100_003;
      MemorySegment into = arena.allocate(ValueLayout.JAVA_FLOAT, floats + 1);
      MemorySegment from = arena.allocate(ValueLayout.JAVA_FLOAT, floats + 1);
      Random random = new Random(3);
      float[] expected = new float[floats + 1];
      for (int i = 0; i <= floats; i++) {
        float a = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10));
        float b = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10));
        into.setAtIndex(ValueLayout.JAVA_FLOAT, i, a);
        from.setAtIndex(ValueLayout.JAVA_FLOAT, i, b);
        expected[i] = i < floats ? a + b : a;
      }
      FloatSum.add(into, from, floats);
      for (int i = 0; i <= floats; i++) {
        assertEquals(
            Float.floatToRawIntBits(expected[i]), into.getAtIndex(ValueLayout.JAVA_INT, i));
      }
    }
  }

  @Test
  void moreElementsThanThereAreIsAnError() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment four = arena.allocate(ValueLayout.JAVA_FLOAT, 4);
      assertThrows(IndexOutOfBoundsException.class, () -> FloatSum.add(four, four, 5));
    }
  }
}
