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
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(3),
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
            "less than twice the interval",
            "minimum free space is negative")) {
      assertTrue(message.contains(part), message);
    }
  }

  @Test
  void outputFolderBecomesAbsolute() {
    RunPlan plan = Plans.plan(Path.of("a/../b"), 1, 1, 0);
    assertEquals(Path.of("b").toAbsolutePath(), plan.outputDir());
  }
}
