package io.lockstep.model.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class Float32Test {

  @Test
  void everyHalfBecomesTheNumberThatItsBitsSpell() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float widened = widened(DType.F16, bits);
      int exponent = bits >>> 10 & 0x1F;
      int fraction = bits & 0x3FF;
      double sign = bits >>> 15 == 0 ? 1 : -1;
      if (exponent == 0x1F) {
        assertTrue(fraction == 0 ? widened == sign / 0.0 : Float.isNaN(widened));
      } else {
        double magnitude =
            exponent == 0
                ? Math.scalb((double) fraction, -24)
                : Math.scalb(1024.0 + fraction, exponent - 25);
        assertEquals((float) (sign * magnitude), widened);
      }
    }
  }

  @Test
  void everyBfloat16IsTheUpperHalfOfItsFloat32() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals(bits << 16, Float.floatToRawIntBits(widened(DType.BF16, bits)));
    }
  }

  @Test
  void otherTypesAndSizesAreRefused() {
    MemorySegment eight = MemorySegment.ofArray(new byte[8]);
    assertThrows(IllegalArgumentException.class, () -> Float32.copy(DType.I32, eight, eight));
    assertThrows(IllegalArgumentException.class, () -> Float32.copy(DType.F16, eight, eight));
  }

  private static float widened(DType type, int bits) {
    MemorySegment source = MemorySegment.ofArray(new byte[] {(byte) bits, (byte) (bits >>> 8)});
    float[] target = new float[1];
    Float32.copy(type, source, MemorySegment.ofArray(target));
    return MemorySegment.ofArray(target).get(ValueLayout.JAVA_FLOAT, 0);
  }
}
