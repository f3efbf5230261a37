package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.Pace;
import org.junit.jupiter.api.Test;

class ThroughputTest {

  private final Throughput throughput = new Throughput();
  private long now;

  private void commits(long generation, int workers, int count, long millis) {
    for (int i = 0; i < count; i++) {
      now += millis;
      throughput.committed(now, generation, workers);
    }
  }

  @Test
  void aRecoveryLeavesTheRateAsItWas() {
    commits(1, 2, 50, 250);
    now += 60_000;
    commits(2, 2, 5, 250);
    assertEquals(4, throughput.stepsPerSecond(), 1e-9);
    assertEquals(new Pace.Remaining(25, 25, 25), throughput.remaining(100).orElseThrow());
  }

  @Test
  void nothingIsSaidOfAGenerationThatHasCommittedOnce() {
    commits(1, 2, 1, 250);
    assertTrue(throughput.remaining(100).isEmpty());
    now += 5_000;
    commits(2, 2, 1, 250);
    assertTrue(throughput.remaining(100).isEmpty());
  }

  @Test
  void aWorkerThatJoinsChangesTheRateOnceItsGenerationIsKnown() {
    commits(1, 1, 100, 400);
    now += 3_000;
    commits(2, 2, 9, 200);
    assertEquals(5, throughput.stepsPerSecond(), 1e-9);
  }
}
