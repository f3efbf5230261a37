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
        SavePlan.every(saveEverySteps),
        2,
        Duration.ofMillis(500),
        Duration.ofSeconds(20),
        1,
        out);
  }

  /** The same plan with other checkpoints. */
  public static RunPlan withSaving(RunPlan plan, SavePlan saving) {
    return new RunPlan(
        plan.name(),
        plan.runConfigYaml(),
        plan.workers(),
        plan.virtualRanks(),
        plan.totalSteps(),
        saving,
        plan.leaseSteps(),
        plan.heartbeatInterval(),
        plan.heartbeatTimeout(),
        plan.minFreeBytes(),
        plan.outputDir());
  }

  /** The same plan with other heartbeats. */
  public static RunPlan withHeartbeats(RunPlan plan, long intervalMillis, long timeoutMillis) {
    return new RunPlan(
        plan.name(),
        plan.runConfigYaml(),
        plan.workers(),
        plan.virtualRanks(),
        plan.totalSteps(),
        plan.saving(),
        plan.leaseSteps(),
        Duration.ofMillis(intervalMillis),
        Duration.ofMillis(timeoutMillis),
        plan.minFreeBytes(),
        plan.outputDir());
  }
}
