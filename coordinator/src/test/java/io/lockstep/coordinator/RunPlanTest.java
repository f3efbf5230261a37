package io.lockstep.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class RunPlanTest {

  @Test
  void allProblemsAreReportedAtOnce() {
    IllegalArgumentException error =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                RunPlan.builder(" ", "", Path.of("out"))
                    .workers(5)
                    .virtualRanks(4)
                    .totalSteps(0)
                    .leaseSteps(0)
                    .membership(
                        MembershipRules.builder(3, 2)
                            .grace(Duration.ofMillis(-1))
                            .reconnect(Duration.ofMillis(-1))
                            .heartbeats(Duration.ofSeconds(2), Duration.ofSeconds(3))
                            .build())
                    .minFreeBytes(-1)
                    .build());
    String message = Objects.requireNonNull(error.getMessage());
    for (String part :
        List.of(
            "the run has no name",
            "the run configuration is empty",
            "5 workers share 4 virtual ranks",
            "total steps is 0",
            "lease is 0",
            "max_workers is 2, less than min_workers 3",
            "grace is negative",
            "reconnect time is negative",
            "less than twice the interval",
            "minimum free space is negative")) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void numberOfWorkersHasToBeWithinItsLimits() {
    RunPlan plan = Plans.plan(Path.of("out"), 2, 1, 0);
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> Plans.withLimits(plan, 3, 5));
    String message = Objects.requireNonNull(error.getMessage());
    assertTrue(message.contains("max_workers is 5, but only 4 virtual ranks"), message);
    assertTrue(message.contains("2 workers to start with are not between"), message);
  }

  @Test
  void aPlanIsChangedInPartsAlone() {
    RunPlan plan = Plans.plan(Path.of("out"), 2, 9, 3);
    assertEquals(plan, plan.toBuilder().build());
    assertEquals(plan.membership(), plan.membership().toBuilder().build());
    RunPlan other = plan.toBuilder().maxUnreadable(5).build();
    assertEquals(5, other.maxUnreadable());
    assertEquals(plan, other.toBuilder().maxUnreadable(0).build());
  }

  @Test
  void outputFolderBecomesAbsolute() {
    RunPlan plan = Plans.plan(Path.of("a/../b"), 1, 1, 0);
    assertEquals(Path.of("b").toAbsolutePath(), plan.outputDir());
  }
}
