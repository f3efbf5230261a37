package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class KernelsTest {

  private static final Kernels KERNELS = Devices.HOST.kernels();

  @Test
  void everyElementIsTheRoundedSumAndNothingBeyondIsTouched() {
    try (Arena arena = Arena.ofConfined()) {
      int floats = 100_003;
      Buffer into = Buffer.onHost(arena, Dtype.FLOAT32, floats + 1);
      Buffer from = Buffer.onHost(arena, Dtype.FLOAT32, floats + 1);
      Random random = new Random(3);
      float[] expected = new float[floats + 1];
      for (int i = 0; i <= floats; i++) {
        float a = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10));
        float b = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(20) - 10));
        into.floats().set(i, a);
        from.floats().set(i, b);
        expected[i] = i < floats ? a + b : a;
      }
      KERNELS.add(into.slice(0, floats), from.slice(0, floats));
      for (int i = 0; i <= floats; i++) {
        assertEquals(
            Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(into.floats().get(i)));
      }
    }
  }

  @Test
  void buffersThatDoNotFitAreRefused() {
    Buffer four = floats(1, 2, 3, 4);
    Buffer three = floats(1, 2, 3);
    Buffer halves = Buffer.onHost(MemorySegment.ofArray(new byte[8]), Dtype.FLOAT16);
    assertThrows(IllegalArgumentException.class, () -> KERNELS.add(four, three));
    assertThrows(IllegalArgumentException.class, () -> KERNELS.add(halves, four));
    assertThrows(IllegalArgumentException.class, () -> KERNELS.squareSum(halves));
    assertThrows(IllegalArgumentException.class, () -> KERNELS.cast(halves, three));
    Buffer ints = Buffer.onHost(MemorySegment.ofArray(new byte[16]), Dtype.INT32);
    assertThrows(IllegalArgumentException.class, () -> KERNELS.cast(ints, four));
    assertThrows(IllegalArgumentException.class, () -> KERNELS.cast(four, ints));
  }

  @Test
  void squaresAreSummedInFourInterleavedSums() {
    Buffer values = floats(1e8f, 1, 2, 3, 4, 5, 1e-4f);
    double first = 1e16 + 4.0 * 4 + 5.0 * 5;
    double last = (double) 1e-4f * 1e-4f;
    assertEquals((first + last + 1) + (4.0 + 9), KERNELS.squareSum(values));
    assertEquals(0, KERNELS.squareSum(floats()));
  }

  @Test
  void theChecksumIsThatOfTheBytes() {
    byte[] bytes = {1, 2, 3, 4, 5, 6, 7};
    CRC32C expected = new CRC32C();
    expected.update(bytes);
    assertEquals((int) expected.getValue(), KERNELS.checksum(Buffer.onHost(bytes)));
  }

  @Test
  void everyHalfBecomesTheNumberThatItsBitsSpell() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float widened = widened(Dtype.FLOAT16, bits);
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
      assertEquals(bits << 16, Float.floatToRawIntBits(widened(Dtype.BFLOAT16, bits)));
    }
  }

  @Test
  void narrowingWhatWasWidenedGivesTheSameBits() {
    for (Dtype type : new Dtype[] {Dtype.FLOAT16, Dtype.BFLOAT16}) {
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
    assertEquals((short) 0x3F80, narrowed(Dtype.BFLOAT16, below));
    assertEquals((short) 0x3F82, narrowed(Dtype.BFLOAT16, above));
    assertEquals((short) 0x3F81, narrowed(Dtype.BFLOAT16, Math.nextUp(below)));
    assertEquals((short) 0x7F80, narrowed(Dtype.BFLOAT16, Float.MAX_VALUE));
    assertTrue(Float.isNaN(widened(Dtype.BFLOAT16, narrowed(Dtype.BFLOAT16, Float.NaN))));
  }

  private static Buffer floats(float... values) {
    return Buffer.onHost(MemorySegment.ofArray(values), Dtype.FLOAT32);
  }

  private static float widened(Dtype type, int bits) {
    MemorySegment source = MemorySegment.ofArray(new byte[] {(byte) bits, (byte) (bits >>> 8)});
    Buffer target = floats(0);
    KERNELS.cast(Buffer.onHost(source, type), target);
    return target.floats().get(0);
  }

  private static short narrowed(Dtype type, float value) {
    MemorySegment target = MemorySegment.ofArray(new byte[2]);
    KERNELS.cast(floats(value), Buffer.onHost(target, type));
    return target.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0);
  }
}
