package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors on a device of which parts come and go. */
class SparseMemoryTest {

  /** A granule in float32. */
  private static final int GRANULE = 1024;

  private IsolatedDevice device;
  private Scope scope;

  @BeforeEach
  void install() {
    device = IsolatedDevice.install();
    scope = Scope.lasting();
  }

  @AfterEach
  void close() {
    scope.close();
    assertEquals(0, device.placedBytes());
    device.close();
  }

  private Buffer sparse(long elements) {
    return Buffer.of(scope.sparse(Dtype.FLOAT32, elements));
  }

  private static Buffer filled(Buffer buffer, float value) {
    try (Scope temporaries = Scope.open()) {
      float[] values = new float[(int) buffer.elements()];
      Arrays.fill(values, value);
      return buffer.copyFrom(Buffer.onHost(values));
    }
  }

  private static float[] values(Buffer buffer) {
    return buffer.toHost().floats().toArray();
  }

  @Test
  void nothingIsTakenBeforeItIsNeeded() {
    Buffer flat = sparse(100 * GRANULE);
    assertEquals(0, device.placedBytes());
    flat.slice(10, 1).commit();
    assertEquals(4096, device.placedBytes());
    flat.slice(GRANULE - 1, 2).commit();
    assertEquals(2 * 4096, device.placedBytes());
    for (float value : values(flat.slice(0, 2 * GRANULE))) {
      assertEquals(0, value);
    }
  }

  @Test
  void whatIsThereKeepsItsValuesWhenItIsAskedForAgain() {
    Buffer flat = sparse(3 * GRANULE);
    Buffer middle = flat.slice(GRANULE + 5, 7);
    middle.commit();
    filled(middle, 3);
    flat.commit();
    assertEquals(0, values(flat.slice(GRANULE + 4, 1))[0]);
    assertEquals(3, values(flat.slice(GRANULE + 5, 1))[0]);
    assertEquals(0, values(flat.slice(GRANULE + 12, 1))[0]);
  }

  @Test
  void onlyWholeGranulesAreGivenBackAndComeBackAsZero() {
    Buffer flat = sparse(4 * GRANULE);
    flat.commit();
    filled(flat, 1);
    assertEquals(2 * 4096, flat.slice(1, 4 * GRANULE - 2).discard());
    assertEquals(0, flat.slice(1, 4 * GRANULE - 2).discard());
    assertEquals(1, values(flat.slice(0, GRANULE))[5]);
    flat.commit();
    float[] all = values(flat);
    for (int i = 0; i < all.length; i++) {
      assertEquals(i < GRANULE || i >= 3 * GRANULE ? 1 : 0, all[i]);
    }
  }

  @Test
  void whatOneTensorGivesBackAnotherGetsBeforeMoreIsTaken() {
    Buffer one = sparse(8 * GRANULE);
    Buffer other = sparse(8 * GRANULE);
    one.commit();
    long taken = device.placedBytes();
    one.discard();
    other.commit();
    assertEquals(taken, device.placedBytes());
    one.slice(0, GRANULE).commit();
    assertEquals(taken + 4096, device.placedBytes());
    assertEquals(device.placedBytes(), device.sparseBytes());
  }

  @Test
  void otherMemoryIsLeftAlone() {
    Buffer plain = scope.zeros(device, Dtype.FLOAT32, 4 * GRANULE);
    filled(plain, 2);
    plain.commit();
    assertEquals(0, plain.discard());
    assertEquals(2, values(plain)[GRANULE]);
    Buffer.onHost(new byte[3]).commit();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void anyOrderOfRequestsKeepsWhatIsHeld(long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    int granules = 12;
    long all = (long) granules * GRANULE;
    List<Buffer> flats = List.of(sparse(all), sparse(all));
    float[][] expected = new float[2][granules];
    boolean[][] there = new boolean[2][granules];
    long most = 0;
    for (int round = 0; round < 300; round++) {
      int which = random.nextInt(2);
      int first = random.nextInt(granules);
      int end = first + 1 + random.nextInt(granules - first);
      Buffer part = flats.get(which).slice((long) first * GRANULE, (long) (end - first) * GRANULE);
      if (random.nextBoolean()) {
        part.commit();
        for (int i = first; i < end; i++) {
          if (!there[which][i]) {
            expected[which][i] = 0;
            there[which][i] = true;
          }
          if (random.nextBoolean()) {
            expected[which][i] = round;
            filled(flats.get(which).slice((long) i * GRANULE, GRANULE), round);
          }
        }
      } else {
        part.discard();
        for (int i = first; i < end; i++) {
          there[which][i] = false;
        }
      }
      long held = 0;
      for (int w = 0; w < 2; w++) {
        for (int i = 0; i < granules; i++) {
          if (there[w][i]) {
            held++;
            float[] values = values(flats.get(w).slice((long) i * GRANULE, GRANULE));
            assertEquals(expected[w][i], values[0]);
            assertEquals(expected[w][i], values[GRANULE - 1]);
          }
        }
      }
      most = Math.max(most, held);
      assertTrue(device.placedBytes() <= most * 4096, "more was taken than ever was held");
    }
  }
}
