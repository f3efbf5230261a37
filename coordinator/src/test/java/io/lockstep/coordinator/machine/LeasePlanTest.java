package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.machine.LeasePlan.Span;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class LeasePlanTest {
  private static final int LEASE = 4;

  private static RunPlan plan(long saveEverySteps) {
    return Plans.plan(Path.of("run"), 1, 100, saveEverySteps).toBuilder().leaseSteps(LEASE).build();
  }

  @Test
  void firstLeaseIsAWholeOne() {
    assertEquals(Optional.of(new Span(0, 4)), LeasePlan.next(plan(0), 0, 0, 100));
  }

  @Test
  void nextLeaseComesWhenHalfIsLeft() {
    assertEquals(Optional.empty(), LeasePlan.next(plan(0), 1, 4, 100));
    assertEquals(Optional.of(new Span(4, 4)), LeasePlan.next(plan(0), 2, 4, 100));
  }

  @Test
  void leaseEndsWhereACheckpointIsDue() {
    assertEquals(Optional.of(new Span(4, 2)), LeasePlan.next(plan(6), 2, 4, 100));
    assertEquals(Optional.empty(), LeasePlan.next(plan(6), 5, 6, 100));
    assertEquals(Optional.of(new Span(6, 4)), LeasePlan.next(plan(6), 6, 6, 100));
  }

  @Test
  void leaseEndsWithTheRun() {
    assertEquals(Optional.of(new Span(4, 1)), LeasePlan.next(plan(0), 3, 4, 5));
    assertEquals(Optional.empty(), LeasePlan.next(plan(0), 4, 5, 5));
  }

  @Test
  void drainedRunGetsNoLeaseBeyondItsEnd() {
    assertEquals(Optional.empty(), LeasePlan.next(plan(0), 3, 4, 4));
  }
}
