package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.SavePlan;
import io.lockstep.coordinator.machine.LeasePlan.Span;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LeasePlanTest {

  @Test
  void firstLeaseIsAWholeOne() {
    assertEquals(Optional.of(new Span(0, 4)), LeasePlan.next(plan(4, 100, 0), 0, 0, 100));
  }

  @Test
  void nextLeaseComesWhenHalfIsLeft() {
    RunPlan plan = plan(4, 100, 0);
    assertEquals(Optional.empty(), LeasePlan.next(plan, 1, 4, 100));
    assertEquals(Optional.of(new Span(4, 4)), LeasePlan.next(plan, 2, 4, 100));
  }

  @Test
  void leaseEndsWhereACheckpointIsDue() {
    RunPlan plan = plan(4, 100, 6);
    assertEquals(Optional.of(new Span(4, 2)), LeasePlan.next(plan, 2, 4, 100));
    assertEquals(Optional.empty(), LeasePlan.next(plan, 5, 6, 100));
    assertEquals(Optional.of(new Span(6, 4)), LeasePlan.next(plan, 6, 6, 100));
  }

  @Test
  void leaseEndsWithTheRun() {
    RunPlan plan = plan(4, 5, 0);
    assertEquals(Optional.of(new Span(4, 1)), LeasePlan.next(plan, 3, 4, 5));
    assertEquals(Optional.empty(), LeasePlan.next(plan, 4, 5, 5));
  }

  @Test
  void drainedRunGetsNoLeaseBeyondItsEnd() {
    assertEquals(Optional.empty(), LeasePlan.next(plan(4, 100, 0), 3, 4, 4));
  }

  @Test
  void checkpointsAreDueAtTheIntervalAndAtTheEnd() {
    RunPlan plan = plan(4, 100, 30);
    assertTrue(LeasePlan.isSavePoint(plan, 30, 100));
    assertFalse(LeasePlan.isSavePoint(plan, 31, 100));
    assertTrue(LeasePlan.isSavePoint(plan, 100, 100));
    assertFalse(LeasePlan.isSavePoint(plan(4, 100, 0), 30, 100));
  }

  private static RunPlan plan(int leaseSteps, long totalSteps, long saveEverySteps) {
    return new RunPlan(
        "test",
        "x: 1",
        1,
        4,
        totalSteps,
        SavePlan.every(saveEverySteps),
        leaseSteps,
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        0,
        Path.of("out"));
  }
}
