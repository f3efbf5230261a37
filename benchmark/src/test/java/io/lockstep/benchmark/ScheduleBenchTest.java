package io.lockstep.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleBenchTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 10, 1_000_000_000_000L})
  void anySizeOfDataSetIsMeasured(long samples) {
    ScheduleBench.Result result = ScheduleBench.measure(samples, 5000);
    assertTrue(result.positionsPerSecond() > 0);
    assertTrue(result.drawsPerSecond() > 0);
    assertTrue(result.firstSampleMedian() <= result.firstSampleWorst());
  }

  @Test
  void theSameSamplesAreSeenEachTime() {
    assertEquals(
        ScheduleBench.measure(1000, 2000).checksum(), ScheduleBench.measure(1000, 2000).checksum());
  }
}
