package io.lockstep.datatools.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {

  @Test
  void quantilesAreRightToAHundredth() {
    Random random = new Random(1);
    for (int magnitude = 1; magnitude < 40; magnitude++) {
      Histogram histogram = new Histogram();
      long[] values = new long[1001];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextLong(1L << magnitude);
        histogram.add(values[i]);
      }
      Arrays.sort(values);
      assertEquals(values[0], histogram.least());
      assertEquals(values[1000], histogram.greatest());
      assertEquals(Arrays.stream(values).average().orElseThrow(), histogram.mean(), 1e-6);
      for (double share : new double[] {0, 0.25, 0.5, 0.95, 1}) {
        long exact = values[(int) Math.max(0, Math.ceil(share * 1001) - 1)];
        long found = histogram.quantile(share);
        assertTrue(found >= exact && found <= exact + exact / 128 + 1, found + " for " + exact);
      }
    }
  }

  @Test
  void barsCoverEverythingInEqualWidths() {
    Histogram histogram = new Histogram();
    for (long value : new long[] {3, 3, 4, 90, 220}) {
      histogram.add(value);
    }
    List<Histogram.Bar> bars = histogram.bars(25);
    assertEquals(new Histogram.Bar(0, 9, 3), bars.getFirst());
    assertEquals(new Histogram.Bar(220, 229, 1), bars.getLast());
    assertEquals(23, bars.size());
    assertEquals(5, bars.stream().mapToLong(Histogram.Bar::count).sum());
    assertEquals("220-229", bars.getLast().label());
  }

  @Test
  void fewNumbersAreShownEachForItself() {
    Histogram histogram = new Histogram();
    histogram.add(2);
    histogram.add(4);
    assertEquals(
        List.of("2", "3", "4"), histogram.bars(25).stream().map(Histogram.Bar::label).toList());
    assertEquals(List.of(), new Histogram().bars(25));
  }
}
