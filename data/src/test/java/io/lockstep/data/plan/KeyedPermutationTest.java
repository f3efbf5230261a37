package io.lockstep.data.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyedPermutationTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 63, 64, 65, 100, 1000, 4096, 4097, 65_537})
  void visitsEveryPlaceOnce(int size) {
    for (long key = 0; key < 5; key++) {
      KeyedPermutation permutation = new KeyedPermutation(size, key);
      BitSet seen = new BitSet(size);
      for (int place = 0; place < size; place++) {
        seen.set(Math.toIntExact(permutation.at(place)));
      }
      assertEquals(size, seen.cardinality());
      assertEquals(size, seen.length());
    }
  }

  @Test
  void reachesAllOrdersOfFewSamples() {
    Set<String> orders = new HashSet<>();
    for (long key = 0; key < 2000; key++) {
      KeyedPermutation permutation = new KeyedPermutation(4, key);
      orders.add(
          "" + permutation.at(0) + permutation.at(1) + permutation.at(2) + permutation.at(3));
    }
    assertTrue(orders.size() >= 12, () -> orders.size() + " of 24 orders");
  }

  @Test
  void aPlaceLandsAnywhereWithEqualFrequency() {
    int size = 10;
    int keys = 20_000;
    for (int place = 0; place < size; place++) {
      int[] counts = new int[size];
      for (int key = 0; key < keys; key++) {
        counts[(int) new KeyedPermutation(size, SplitMix64.mix(17, key)).at(place)]++;
      }
      // 27.88 is the 0.1 % critical value of chi-square with 9 degrees of freedom.
      assertTrue(chiSquare(counts, keys) < 27.88);
    }
  }

  @Test
  void neighboursAreUncorrelated() {
    int size = 100_000;
    KeyedPermutation permutation = new KeyedPermutation(size, 99);
    int rises = 0;
    double meanStep = 0;
    for (int place = 1; place < size; place++) {
      long step = permutation.at(place) - permutation.at(place - 1);
      rises += step > 0 ? 1 : 0;
      meanStep += Math.abs(step) / (double) size;
    }
    // Two independent uniform places differ by a third of the range on average.
    assertEquals(0.5, rises / (double) size, 0.01);
    assertEquals(1.0 / 3, meanStep / size, 0.01);
  }

  @Test
  void aTrillionPlacesCostNoMoreThanTen() {
    long size = 1_000_000_000_000L;
    KeyedPermutation permutation = new KeyedPermutation(size, 5);
    Set<Long> images = new HashSet<>();
    for (long i = 0; i < 10_000; i++) {
      long image = permutation.at(size - 1 - i * 7);
      assertTrue(image >= 0 && image < size);
      images.add(image);
    }
    assertEquals(10_000, images.size());
  }

  @Test
  void refusesSizesAndPlacesOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> new KeyedPermutation(0, 1));
    assertThrows(IllegalArgumentException.class, () -> new KeyedPermutation((1L << 62) + 1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> new KeyedPermutation(3, 1).at(3));
    assertThrows(IndexOutOfBoundsException.class, () -> new KeyedPermutation(3, 1).at(-1));
  }

  @Test
  void keysThatDifferInTheEpochAloneNeverCollide() {
    Set<Long> keys = new HashSet<>();
    for (long epoch = 0; epoch < 10_000; epoch++) {
      assertTrue(keys.add(SplitMix64.mix(1, epoch)));
    }
    assertFalse(keys.contains(SplitMix64.mix(2, 0)));
  }

  private static double chiSquare(int[] counts, int total) {
    double expected = total / (double) counts.length;
    double sum = 0;
    for (int count : counts) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  }
}
