package io.lockstep.cli.chart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ThinningTest {

  @Test
  void fewPointsAllStay() {
    assertArrayEquals(new int[0], Thinning.of(new double[0], 4));
    assertArrayEquals(new int[] {0, 1, 2, 3}, Thinning.of(new double[] {5, 5, 1, 9}, 4));
  }

  @Test
  void spikesOfSingleStepsStayHoweverLongTheCurveIs() {
    double[] y = IntStream.range(0, 100_000).mapToDouble(i -> Math.sin(i / 7000.0)).toArray();
    y[31_415] = 50;
    y[62_831] = -50;
    int[] shown = Thinning.of(y, 1000);
    assertTrue(shown.length <= 1000, () -> shown.length + " points");
    for (int kept : new int[] {0, 31_415, 62_831, 99_999}) {
      assertTrue(Arrays.binarySearch(shown, kept) >= 0, () -> kept + " is gone");
    }
    assertArrayEquals(Arrays.stream(shown).distinct().sorted().toArray(), shown);
    for (int piece = 0; piece < 499; piece++) {
      int from = (int) (100_000L * piece / 499);
      int end = (int) (100_000L * (piece + 1) / 499);
      int[] there = Arrays.stream(shown).filter(i -> i >= from && i < end).toArray();
      assertEquals(
          IntStream.range(from, end).mapToDouble(i -> y[i]).max().getAsDouble(),
          Arrays.stream(there).mapToDouble(i -> y[i]).max().getAsDouble());
      assertEquals(
          IntStream.range(from, end).mapToDouble(i -> y[i]).min().getAsDouble(),
          Arrays.stream(there).mapToDouble(i -> y[i]).min().getAsDouble());
    }
  }
}
