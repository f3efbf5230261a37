package io.lockstep.coordinator;

import java.nio.file.Path;
import java.time.Duration;

/** Run plans for tests. */
public final class Plans {

  private Plans() {}

  /** A plan of four virtual ranks and leases of two steps. */
  public static RunPlan plan(Path out, int workers, long totalSteps, long saveEverySteps) {
    return new RunPlan(
        "test",
        "run: test\n",
        workers,
        4,
        totalSteps,
        saveEverySteps,
        2,
        Duration.ofMillis(500),
        Duration.ofSeconds(20),
        1,
        out);
  }
}
