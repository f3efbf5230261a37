package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** What all kernels are: on the CPU, and through libtorch's operators. */
abstract class KernelsContract {

  private final Arena arena = Arena.ofAuto();
  private final Kernels kernels = kernels();

  /** Kernels of the host's memory. */
  abstract Kernels kernels();

  @Test
  void everyElementIsTheRoundedSumAndNothingBeyondIsTouched() {
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
    kernels.add(into.slice(0, floats), from.slice(0, floats));
    for (int i = 0; i <= floats; i++) {
      assertEquals(
          Float.floatToRawIntBits(expected[i]), Float.floatToRawIntBits(into.floats().get(i)));
    }
  }

  @Test
  void buffersThatDoNotFitAreRefused() {
    Buffer four = floats(1, 2, 3, 4);
    Buffer three = floats(1, 2, 3);
    Buffer halves = Buffer.onHost(arena, Dtype.FLOAT16, 4);
    assertThrows(IllegalArgumentException.class, () -> kernels.add(four, three));
    assertThrows(IllegalArgumentException.class, () -> kernels.add(halves, four));
    assertThrows(IllegalArgumentException.class, () -> kernels.squareSum(halves));
    assertThrows(IllegalArgumentException.class, () -> kernels.cast(halves, three));
    Buffer ints = Buffer.onHost(arena, Dtype.INT32, 4);
    assertThrows(IllegalArgumentException.class, () -> kernels.cast(ints, four));
    assertThrows(IllegalArgumentException.class, () -> kernels.cast(four, ints));
  }

  @Test
  void squaresAreSummedAlongOneTree() {
    float[] values = new float[3 * 4096 + 5];
    Random random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(12) - 6));
    }
    double[] sums = new double[4];
    for (int piece = 0; piece < 4; piece++) {
      sums[piece] = tree(values, piece * 4096, 4096);
    }
    assertEquals((sums[0] + sums[2]) + (sums[1] + sums[3]), kernels.squareSum(floats(values)));
    assertEquals((1e16 + 9) + (4.0 + 16), kernels.squareSum(floats(1e8f, 2, 3, 4)));
    assertEquals(0, kernels.squareSum(floats()));
    assertEquals(Double.POSITIVE_INFINITY, kernels.squareSum(floats(1, Float.NEGATIVE_INFINITY)));
    assertTrue(Double.isNaN(kernels.squareSum(floats(1, Float.NaN, 3))));
  }

  /** The sum of the squares of a power of two of values, zeros behind the last. */
  private static double tree(float[] values, int from, int count) {
    if (count == 1) {
      return from < values.length ? (double) values[from] * values[from] : 0;
    }
    double[] squares = new double[count];
    for (int i = 0; i < count; i++) {
      squares[i] = tree(values, from + i, 1);
    }
    for (int half = count / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        squares[i] = squares[i] + squares[i + half];
      }
    }
    return squares[0];
  }

  @Test
  void stepsOfAdamWHaveTheBitsOfItsArithmetic() {
    int count = 10_007;
    Buffer[] own = new Buffer[4];
    Buffer[] plain = new Buffer[4];
    Random random = new Random(11);
    for (int i = 0; i < own.length; i++) {
      float[] values = new float[count];
      for (int j = 0; j < count; j++) {
        float value = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(16) - 14));
        values[j] = i == 3 ? Math.abs(value) : value;
      }
      own[i] = floats(values);
      plain[i] = floats(values);
    }
    for (int step = 1; step <= 3; step++) {
      AdamW.Hyper hyper = new AdamW.Hyper(3e-3, 0.9, 0.95, 1e-8, 0.1, step);
      kernels.adamW(own[0], own[1], own[2], own[3], hyper, 0.37f);
      AdamW.step(
          plain[0].hostBytes(),
          plain[1].hostBytes(),
          plain[2].hostBytes(),
          plain[3].hostBytes(),
          hyper,
          0.37f);
    }
    for (int i = 0; i < own.length; i++) {
      assertTrue(own[i].hasSameBytes(plain[i]), "buffer " + i);
    }
  }

  @Test
  void theChecksumIsThatOfTheBytes() {
    byte[] bytes = {1, 2, 3, 4, 5, 6, 7};
    CRC32C expected = new CRC32C();
    expected.update(bytes);
    assertEquals((int) expected.getValue(), kernels.checksum(bytes(bytes)));
  }

  @Test
  void everyHalfBecomesTheNumberThatItsBitsSpell() {
    float[] all = widened(Dtype.FLOAT16);
    for (int bits = 0; bits < 1 << 16; bits++) {
      float widened = all[bits];
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
    float[] all = widened(Dtype.BFLOAT16);
    for (int bits = 0; bits < 1 << 16; bits++) {
      assertEquals(bits << 16, Float.floatToRawIntBits(all[bits]));
    }
  }

  @Test
  void narrowingWhatWasWidenedGivesTheSameBits() {
    for (Dtype type : new Dtype[] {Dtype.FLOAT16, Dtype.BFLOAT16}) {
      float[] widened = widened(type);
      short[] narrowed = narrowed(type, widened);
      for (int bits = 0; bits < 1 << 16; bits++) {
        if (!Float.isNaN(widened[bits])) {
          assertEquals((short) bits, narrowed[bits]);
        }
      }
    }
  }

  @Test
  void narrowingRoundsToTheNearestAndToTheEvenOfTwo() {
    float below = Float.intBitsToFloat(0x3F80_8000);
    float above = Float.intBitsToFloat(0x3F81_8000);
    short[] narrowed =
        narrowed(
            Dtype.BFLOAT16, below, above, Math.nextUp(below), Float.MAX_VALUE, -0.0f, Float.NaN);
    assertArrayEquals(
        new short[] {0x3F80, 0x3F82, 0x3F81, 0x7F80, (short) 0x8000},
        Arrays.copyOf(narrowed, narrowed.length - 1));
    assertTrue((narrowed[narrowed.length - 1] & 0x7FFF) > 0x7F80);
    assertArrayEquals(
        new short[] {0x7BFF, 0x7C00, 0x0001, 0x0000},
        narrowed(Dtype.FLOAT16, 65519, 65520, 0x1p-24f, 0x1p-25f));
  }

  private Buffer floats(float... values) {
    return Buffer.onHost(arena, Dtype.FLOAT32, values.length).copyFrom(Buffer.onHost(values));
  }

  private Buffer bytes(byte... values) {
    return Buffer.onHost(arena, Dtype.UINT8, values.length).copyFrom(Buffer.onHost(values));
  }

  /** All numbers of 16 bits, widened. */
  private float[] widened(Dtype type) {
    Buffer stored = Buffer.onHost(arena, type, 1 << 16);
    for (int bits = 0; bits < 1 << 16; bits++) {
      stored.hostBytes().setAtIndex(ValueLayout.JAVA_SHORT, bits, (short) bits);
    }
    Buffer target = Buffer.onHost(arena, Dtype.FLOAT32, 1 << 16);
    kernels.cast(stored, target);
    return target.floats().toArray();
  }

  private short[] narrowed(Dtype type, float... values) {
    Buffer target = Buffer.onHost(arena, type, values.length);
    kernels.cast(floats(values), target);
    return target.hostBytes().toArray(ValueLayout.JAVA_SHORT);
  }
}
