package io.lockstep.coordinator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** Run plans for tests. */
public final class Plans {

  private Plans() {}

  /** A plan whose folder nobody writes to. */
  public static RunPlan plan(int workers, long totalSteps, long saveEverySteps) {
    return plan(Path.of("run"), workers, totalSteps, saveEverySteps);
  }

  /** A plan of four virtual ranks and leases of two steps. */
  public static RunPlan plan(Path out, int workers, long totalSteps, long saveEverySteps) {
    return RunPlan.builder("test", "run: test\n", out)
        .workers(workers)
        .virtualRanks(4)
        .totalSteps(totalSteps)
        .checkpoints(CheckpointSchedule.every(saveEverySteps))
        .leaseSteps(2)
        .membership(
            MembershipRules.builder(1, 4)
                .heartbeats(Duration.ofMillis(500), Duration.ofSeconds(20))
                .build())
        .minFreeBytes(1)
        .build();
  }

  /** The same plan with other heartbeats. */
  public static RunPlan withHeartbeats(RunPlan plan, long intervalMillis, long timeoutMillis) {
    return with(
        plan,
        rules ->
            rules.heartbeats(Duration.ofMillis(intervalMillis), Duration.ofMillis(timeoutMillis)));
  }

  /** The same plan for other numbers of workers. */
  public static RunPlan withLimits(RunPlan plan, int minWorkers, int maxWorkers) {
    return with(plan, rules -> rules.limits(minWorkers, maxWorkers));
  }

  /** The same plan, waiting that long for a replacement of a lost worker. */
  public static RunPlan withGrace(RunPlan plan, long graceMillis) {
    return with(plan, rules -> rules.grace(Duration.ofMillis(graceMillis)));
  }

  /** The same plan without replicas of the state at other workers. */
  public static RunPlan withoutReplicas(RunPlan plan) {
    return with(plan, rules -> rules.replicates(false));
  }

  private static RunPlan with(RunPlan plan, UnaryOperator<MembershipRules.Builder> change) {
    return plan.toBuilder().membership(change.apply(plan.membership().toBuilder()).build()).build();
  }
}
