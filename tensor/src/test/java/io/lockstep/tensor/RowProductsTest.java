package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowProductsTest {

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

  /** Weights, inputs and outputs of linear layers. */
  private record Layers(PackedMatrix packed, Buffer x, int rows, Buffer first, Buffer second) {

    static Layers of(Arena arena, int rows, int out, int in) {
      Buffer first = random(arena, (long) out * in, 1);
      Buffer second = random(arena, 5L * in, 2);
      return new Layers(
          PackedMatrix.of(arena, List.of(first, second), in),
          random(arena, (long) rows * in, 3),
          rows,
          first,
          second);
    }

    float[] outputs(Arena arena, RowProducts products, int firstRow, int count) {
      int in = packed.in();
      Buffer y = Buffer.onHost(arena, Dtype.FLOAT32, (long) count * packed.stride());
      try (RowProducts.Use use = products.begin()) {
        products.linear(packed, x.slice((long) firstRow * in, (long) count * in), count, y);
      }
      float[] all = new float[count * packed.out()];
      for (int row = 0; row < count; row++) {
        y.floats().copyTo((long) row * packed.stride(), all, row * packed.out(), packed.out());
      }
      return all;
    }

    double expected(int row, int output) {
      int in = packed.in();
      int ofFirst = packed.out() - 5;
      Buffer weight = output < ofFirst ? first : second;
      long at = (long) (output < ofFirst ? output : output - ofFirst) * in;
      double sum = 0;
      for (int i = 0; i < in; i++) {
        sum += (double) weight.floats().get(at + i) * x.floats().get((long) row * in + i);
      }
      return sum;
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 7, 5", "2, 500, 300", "3, 33, 17", "4, 512, 256", "9, 700, 385"})
  void layersAreSumsOfTheirProducts(int rows, int out, int in) {
    assumeTrue(RowProducts.areThere());
    try (Arena arena = Arena.ofShared();
        RowProducts products = RowProducts.open(2).orElseThrow()) {
      Layers layers = Layers.of(arena, rows, out, in);
      float[] all = layers.outputs(arena, products, 0, rows);
      for (int i = 0; i < all.length; i++) {
        assertEquals(layers.expected(i / (out + 5), i % (out + 5)), all[i], 1e-4);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"11, 16", "250, 64", "700, 193", "1543, 512", "96, 1000"})
  void aRowHasTheSameBitsAloneAmongOthersAndWithAnyNumberOfThreads(int out, int in) {
    assumeTrue(RowProducts.areThere());
    int rows = 70;
    try (Arena arena = Arena.ofShared()) {
      Layers layers = Layers.of(arena, rows, out, in);
      float[] all = null;
      for (int threads = 1; threads <= 3; threads++) {
        try (RowProducts products = RowProducts.open(threads).orElseThrow()) {
          float[] here = layers.outputs(arena, products, 0, rows);
          all = all == null ? here : all;
          assertArrayEquals(all, here, 0);
          for (int count = 1; count <= 20; count++) {
            int first = 3 * count;
            float[] some = layers.outputs(arena, products, Math.min(first, rows - count), count);
            int from = Math.min(first, rows - count) * (out + 5);
            assertArrayEquals(Arrays.copyOfRange(all, from, from + some.length), some, 0);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 40})
  void inputsThatAreZeroAtTheEndChangeNothing(int rows) {
    assumeTrue(RowProducts.areThere());
    int width = 32;
    try (Arena arena = Arena.ofShared();
        RowProducts products = RowProducts.open(1).orElseThrow();
        RowProducts.Use use = products.begin()) {
      int most = 450;
      Buffer panel = random(arena, (long) most * width, 4);
      for (int count : new int[] {1, 16, 190, 192, 193, 300, 384, 400}) {
        Buffer exact = random(arena, (long) rows * count, 5);
        Buffer longer = Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * most);
        for (int row = 0; row < rows; row++) {
          longer.floats().copyFrom(exact.floats(), (long) row * count, count, (long) row * most);
        }
        Buffer y = Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * width);
        Buffer z = Buffer.onHost(arena, Dtype.FLOAT32, (long) rows * width);
        products.sum(panel, count, width, width, exact, count, rows, y, width);
        products.sum(panel, most, width, width, longer, most, rows, z, width);
        assertArrayEquals(y.floats().toArray(), z.floats().toArray(), 0);
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
    assumeTrue(RowProducts.areThere());
    MatrixLibrary library = MatrixLibrary.find().orElseThrow();
    int before = library.alone();
    library.restore(3);
    try (RowProducts products = RowProducts.open().orElseThrow()) {
      assertEquals(3, threadsOf(library), "opening changes nothing on this thread");
      try (RowProducts.Use use = products.begin()) {
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
