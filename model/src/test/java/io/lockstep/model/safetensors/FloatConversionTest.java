package io.lockstep.model.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class FloatConversionTest {

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
  void narrowingWhatWasWidenedGivesTheSameBits() {
    for (DType type : new DType[] {DType.F16, DType.BF16}) {
      for (int bits = 0; bits < 1 << 16; bits++) {
        float widened = widened(type, bits);
        if (!Float.isNaN(widened)) {
          assertEquals((short) bits, narrowed(type, widened));
        }
      }
    }
  }

  @Test
  void narrowingRoundsToTheNearestAndToTheEvenOfTwo() {
    float below = Float.intBitsToFloat(0x3F80_8000);
    float above = Float.intBitsToFloat(0x3F81_8000);
    assertEquals((short) 0x3F80, narrowed(DType.BF16, below));
    assertEquals((short) 0x3F82, narrowed(DType.BF16, above));
    assertEquals((short) 0x3F81, narrowed(DType.BF16, Math.nextUp(below)));
    assertEquals((short) 0x7F80, narrowed(DType.BF16, Float.MAX_VALUE));
    assertTrue(Float.isNaN(widened(DType.BF16, narrowed(DType.BF16, Float.NaN))));
  }

  @Test
  void otherTypesAndSizesAreRefused() {
    MemorySegment eight = MemorySegment.ofArray(new byte[8]);
    assertThrows(
        IllegalArgumentException.class, () -> FloatConversion.toFloat32(DType.I32, eight, eight));
    assertThrows(
        IllegalArgumentException.class, () -> FloatConversion.toFloat32(DType.F16, eight, eight));
  }

  private static float widened(DType type, int bits) {
    MemorySegment source = MemorySegment.ofArray(new byte[] {(byte) bits, (byte) (bits >>> 8)});
    float[] target = new float[1];
    FloatConversion.toFloat32(type, source, MemorySegment.ofArray(target));
    return MemorySegment.ofArray(target).get(ValueLayout.JAVA_FLOAT, 0);
  }

  private static short narrowed(DType type, float value) {
    short[] target = new short[1];
    MemorySegment source = MemorySegment.ofArray(new float[] {value});
    FloatConversion.fromFloat32(type, source, MemorySegment.ofArray(target));
    return target[0];
  }
}
