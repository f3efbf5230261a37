package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.SavePlan;
import io.lockstep.coordinator.machine.LeasePlan.Span;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LeasePlanTest {
  private static final int LEASE = 4;

  @Test
  void firstLeaseIsAWholeOne() {
    assertEquals(Optional.of(new Span(0, 4)), next(0, 0, new SavePoints(SavePlan.every(0), 100)));
  }

  @Test
  void nextLeaseComesWhenHalfIsLeft() {
    SavePoints points = new SavePoints(SavePlan.every(0), 100);
    assertEquals(Optional.empty(), next(1, 4, points));
    assertEquals(Optional.of(new Span(4, 4)), next(2, 4, points));
  }

  @Test
  void leaseEndsWhereACheckpointIsDue() {
    SavePoints points = new SavePoints(SavePlan.every(6), 100);
    assertEquals(Optional.of(new Span(4, 2)), next(2, 4, points));
    assertEquals(Optional.empty(), next(5, 6, points));
    assertEquals(Optional.of(new Span(6, 4)), next(6, 6, points));
  }

  @Test
  void leaseEndsWithTheRun() {
    SavePoints points = new SavePoints(SavePlan.every(0), 5);
    assertEquals(Optional.of(new Span(4, 1)), next(3, 4, points));
    assertEquals(Optional.empty(), next(4, 5, points));
  }

  @Test
  void drainedRunGetsNoLeaseBeyondItsEnd() {
    assertEquals(Optional.empty(), next(3, 4, new SavePoints(SavePlan.every(0), 4)));
  }

  @Test
  void checkpointsAreDueAtTheIntervalAndAtTheEnd() {
    SavePoints points = new SavePoints(SavePlan.every(30), 100);
    assertTrue(points.isDue(30));
    assertFalse(points.isDue(31));
    assertFalse(points.isDue(0));
    assertTrue(points.isDue(100));
    assertFalse(new SavePoints(SavePlan.every(0), 100).isDue(30));
  }

  private static Optional<Span> next(long committed, long leasedUntil, SavePoints points) {
    return LeasePlan.next(LEASE, committed, leasedUntil, points);
  }
}
