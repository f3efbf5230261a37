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
        new MembershipRules(
            1,
            4,
            Duration.ZERO,
            Duration.ofSeconds(10),
            Duration.ofMillis(500),
            Duration.ofSeconds(20),
            true),
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
        plan.membership(),
        plan.minFreeBytes(),
        plan.outputDir());
  }

  /** The same plan with other heartbeats. */
  public static RunPlan withHeartbeats(RunPlan plan, long intervalMillis, long timeoutMillis) {
    MembershipRules rules = plan.membership();
    return with(
        plan,
        new MembershipRules(
            rules.minWorkers(),
            rules.maxWorkers(),
            rules.grace(),
            rules.reconnect(),
            Duration.ofMillis(intervalMillis),
            Duration.ofMillis(timeoutMillis),
            rules.replicates()));
  }

  /** The same plan for other numbers of workers. */
  public static RunPlan withLimits(RunPlan plan, int minWorkers, int maxWorkers) {
    MembershipRules rules = plan.membership();
    return with(
        plan,
        new MembershipRules(
            minWorkers,
            maxWorkers,
            rules.grace(),
            rules.reconnect(),
            rules.heartbeatInterval(),
            rules.heartbeatTimeout(),
            rules.replicates()));
  }

  /** The same plan, waiting that long for a replacement of a lost worker. */
  public static RunPlan withGrace(RunPlan plan, long graceMillis) {
    MembershipRules rules = plan.membership();
    return with(
        plan,
        new MembershipRules(
            rules.minWorkers(),
            rules.maxWorkers(),
            Duration.ofMillis(graceMillis),
            rules.reconnect(),
            rules.heartbeatInterval(),
            rules.heartbeatTimeout(),
            rules.replicates()));
  }

  /** The same plan without copies of the state at other workers. */
  public static RunPlan withoutBuddies(RunPlan plan) {
    MembershipRules rules = plan.membership();
    return with(
        plan,
        new MembershipRules(
            rules.minWorkers(),
            rules.maxWorkers(),
            rules.grace(),
            rules.reconnect(),
            rules.heartbeatInterval(),
            rules.heartbeatTimeout(),
            false));
  }

  private static RunPlan with(RunPlan plan, MembershipRules rules) {
    return new RunPlan(
        plan.name(),
        plan.runConfigYaml(),
        plan.workers(),
        plan.virtualRanks(),
        plan.totalSteps(),
        plan.saving(),
        plan.leaseSteps(),
        rules,
        plan.minFreeBytes(),
        plan.outputDir());
  }
}
