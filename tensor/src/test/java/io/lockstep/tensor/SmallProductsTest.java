package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmallProductsTest {

  @BeforeAll
  static void startTorch() {
    if (!Torch.isStarted()) {
      Torch.start(1);
    }
  }

  private static Buffer random(Arena arena, long count, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    Buffer values = Buffer.onHost(arena, Dtype.FLOAT32, count);
    for (long i = 0; i < count; i++) {
      values.floats().set(i, random.nextFloat(-1, 1));
    }
    return values;
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 7, 5", "1, 500, 300", "3, 33, 17", "4, 512, 256", "8, 100, 1"})
  void aLayerIsTheSumOfItsProducts(int rows, int out, int in) {
    assumeTrue(SmallProducts.areThere());
    try (Arena arena = Arena.ofConfined();
        SmallProducts products = SmallProducts.open().orElseThrow()) {
      Buffer weight = random(arena, (long) out * in, 1);
      Buffer x = random(arena, (long) rows * in, 2);
      Buffer shared = Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * out);
      Buffer here = Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * out);
      products.linear(weight, out, in, x, rows, shared);
      products.linearHere(weight, out, in, x, rows, here);
      for (int row = 0; row < rows; row++) {
        for (int o = 0; o < out; o++) {
          double sum = 0;
          for (int i = 0; i < in; i++) {
            sum +=
                (double) weight.floats().get((long) o * in + i)
                    * x.floats().get((long) row * in + i);
          }
          assertEquals(sum, shared.floats().get((long) row * out + o), 1e-4);
          assertEquals(sum, here.floats().get((long) row * out + o), 1e-4);
        }
      }
    }
  }

  @Test
  void rowsAreWeighed() {
    assumeTrue(SmallProducts.areThere());
    try (Arena arena = Arena.ofConfined();
        SmallProducts products = SmallProducts.open().orElseThrow()) {
      Buffer shares = random(arena, 2 * 5, 3);
      Buffer values = random(arena, 5 * 3, 4);
      Buffer y = Buffer.onHost(arena, Dtype.FLOAT32, 2 * 3);
      products.weighHere(shares, 2, 5, values, 3, y);
      for (int row = 0; row < 2; row++) {
        for (int column = 0; column < 3; column++) {
          double sum = 0;
          for (int i = 0; i < 5; i++) {
            sum += (double) shares.floats().get(row * 5 + i) * values.floats().get(i * 3 + column);
          }
          assertEquals(sum, y.floats().get(row * 3 + column), 1e-6);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void everyMemberOfATeamWorksOnceAndFailuresAreThrown(int size) {
    try (ThreadTeam team = new ThreadTeam(size)) {
      AtomicIntegerArray worked = new AtomicIntegerArray(size);
      for (int round = 1; round <= 200; round++) {
        team.run(worked::incrementAndGet);
        for (int member = 0; member < size; member++) {
          assertEquals(round, worked.get(member));
        }
      }
      IllegalStateException thrown =
          assertThrows(
              IllegalStateException.class,
              () ->
                  team.run(number -> {
                    if (number == size - 1) {
                      throw new IllegalStateException("no");
                    }
                  }));
      assertEquals("no", thrown.getMessage());
      team.run(worked::incrementAndGet);
    }
  }

  @Test
  void whatComesAfterAUseHasAllThreadsAgain() {
    assumeTrue(SmallProducts.areThere());
    MatrixLibrary library = MatrixLibrary.find().orElseThrow();
    int before = library.alone();
    library.restore(3);
    try (SmallProducts products = SmallProducts.open().orElseThrow()) {
      assertEquals(3, threadsOf(library), "opening changes nothing on this thread");
      try (SmallProducts.Use use = products.begin()) {
        assertEquals(1, threadsOf(library));
      }
      assertEquals(3, threadsOf(library));
    } finally {
      library.restore(before);
    }
  }

  /** The number of threads that this thread's products are limited to. */
  private static int threadsOf(MatrixLibrary library) {
    int limit = library.alone();
    library.restore(limit);
    return limit;
  }
}
