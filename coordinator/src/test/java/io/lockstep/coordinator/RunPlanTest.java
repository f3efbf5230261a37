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
                new RunPlan(
                    " ",
                    "",
                    5,
                    4,
                    0,
                    SavePlan.every(0),
                    0,
                    new MembershipRules(
                        3,
                        2,
                        Duration.ofMillis(-1),
                        Duration.ofMillis(-1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(3),
                        true),
                    -1,
                    Path.of("out")));
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
  void outputFolderBecomesAbsolute() {
    RunPlan plan = Plans.plan(Path.of("a/../b"), 1, 1, 0);
    assertEquals(Path.of("b").toAbsolutePath(), plan.outputDir());
  }
}
