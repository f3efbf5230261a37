package io.lockstep.coordinator;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a run is to do, checked as a whole before anything starts. Made by a {@link #builder}.
 *
 * @param name the run's name, for people
 * @param runConfigYaml the configuration handed to every worker, with defaults filled in and paths
 *     absolute
 * @param workers number of workers the run begins with
 * @param virtualRanks number of virtual ranks of a step, independent of {@code workers}
 * @param totalSteps steps of the whole run
 * @param checkpoints when checkpoints are written and which stay; there is always one at the end
 * @param evaluations when it is evaluated on held-out records, and what that decides
 * @param leaseSteps most steps leased at once
 * @param membership what happens when workers come and go
 * @param minFreeBytes free space asked for before a checkpoint; at least the base model's size
 * @param outputDir the run folder; made absolute
 * @param maxUnreadable most records that may be replaced because they can't be read
 * @param maxNonFinite most steps in a row that may be skipped because a figure is not finite
 * @param oneNode why all workers have to sit on one node, and what else to do; empty if they may
 *     sit anywhere
 * @param collective what tensors go over
 */
public record RunPlan(
    String name,
    String runConfigYaml,
    int workers,
    int virtualRanks,
    long totalSteps,
    CheckpointSchedule checkpoints,
    EvaluationPlan evaluations,
    int leaseSteps,
    MembershipRules membership,
    long minFreeBytes,
    Path outputDir,
    int maxUnreadable,
    int maxNonFinite,
    Optional<String> oneNode,
    CollectiveRules collective) {

  /** Steps that are leased at once unless a plan says otherwise. */
  private static final int LEASE_STEPS = 16;

  /**
   * Checks the plan.
   *
   * @throws IllegalArgumentException naming every problem at once
   */
  public RunPlan {
    List<String> problems = new ArrayList<>();
    check(problems, !name.isBlank(), "the run has no name");
    check(problems, !runConfigYaml.isBlank(), "the run configuration is empty");
    check(problems, workers >= 1, "workers is " + workers + ": give at least 1");
    check(problems, virtualRanks >= 1, "virtual ranks is " + virtualRanks + ": give at least 1");
    check(
        problems,
        workers <= Math.max(virtualRanks, 1),
        workers
            + " workers share "
            + virtualRanks
            + " virtual ranks, so some would idle: start at most "
            + virtualRanks
            + " workers or raise the number of virtual ranks");
    check(problems, totalSteps >= 1, "total steps is " + totalSteps + ": give at least 1");
    check(
        problems,
        !checkpoints.whenBetter() || evaluations.isEvaluated(),
        "checkpoints are written when evaluations are better, and there are none");
    check(problems, leaseSteps >= 1, "lease is " + leaseSteps + " steps: give at least 1");
    membership.addProblems(workers, virtualRanks, problems);
    check(problems, maxUnreadable >= 0, "most unreadable records is negative: " + maxUnreadable);
    check(problems, maxNonFinite >= 0, "most skipped steps is negative: " + maxNonFinite);
    check(problems, minFreeBytes >= 0, "minimum free space is negative: " + minFreeBytes);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("invalid run plan: " + String.join("; ", problems));
    }
    outputDir = outputDir.toAbsolutePath().normalize();
  }

  /**
   * The first number of steps above {@code steps} at which a checkpoint or an evaluation may be
   * due; at most {@code endAt}.
   */
  public long nextBoundary(long steps, long endAt) {
    return Math.min(checkpoints.nextAfter(steps, endAt), evaluations.nextAfter(steps, endAt));
  }

  /** Whether a checkpoint or an evaluation may be due after so many steps. */
  public boolean isBoundary(long steps, long endAt) {
    return checkpoints.isDue(steps, endAt) || evaluations.isDue(steps, totalSteps);
  }

  private static void check(List<String> problems, boolean holds, String problem) {
    MembershipRules.check(problems, holds, problem);
  }

  /**
   * A plan of one worker, one virtual rank and one step, with a checkpoint at the end; what else it
   * is to do is set one by one.
   */
  public static Builder builder(String name, String runConfigYaml, Path outputDir) {
    return new Builder(name, runConfigYaml, outputDir);
  }

  /** This plan, to change some of it. */
  public Builder toBuilder() {
    return builder(name, runConfigYaml, outputDir)
        .workers(workers)
        .virtualRanks(virtualRanks)
        .totalSteps(totalSteps)
        .checkpoints(checkpoints)
        .evaluations(evaluations)
        .leaseSteps(leaseSteps)
        .membership(membership)
        .minFreeBytes(minFreeBytes)
        .maxUnreadable(maxUnreadable)
        .maxNonFinite(maxNonFinite)
        .oneNode(oneNode)
        .collective(collective);
  }

  /** Collects the parts of a plan, each by its name; {@link #build} checks them. */
  public static final class Builder {
    private final String name;
    private final String runConfigYaml;
    private final Path outputDir;
    private int workers = 1;
    private int virtualRanks = 1;
    private long totalSteps = 1;
    private CheckpointSchedule checkpoints = CheckpointSchedule.every(0);
    private EvaluationPlan evaluations = EvaluationPlan.NONE;
    private int leaseSteps = LEASE_STEPS;
    private MembershipRules membership = MembershipRules.builder(1, 1).build();
    private long minFreeBytes;
    private int maxUnreadable;
    private int maxNonFinite;
    private Optional<String> oneNode = Optional.empty();
    private CollectiveRules collective = CollectiveRules.STANDARD;

    private Builder(String name, String runConfigYaml, Path outputDir) {
      this.name = name;
      this.runConfigYaml = runConfigYaml;
      this.outputDir = outputDir;
    }

    /** See {@link RunPlan#workers()}. */
    public Builder workers(int number) {
      workers = number;
      return this;
    }

    /** See {@link RunPlan#virtualRanks()}. */
    public Builder virtualRanks(int number) {
      virtualRanks = number;
      return this;
    }

    /** See {@link RunPlan#totalSteps()}. */
    public Builder totalSteps(long steps) {
      totalSteps = steps;
      return this;
    }

    /** See {@link RunPlan#checkpoints()}. */
    public Builder checkpoints(CheckpointSchedule schedule) {
      checkpoints = schedule;
      return this;
    }

    /** See {@link RunPlan#evaluations()}. */
    public Builder evaluations(EvaluationPlan plan) {
      evaluations = plan;
      return this;
    }

    /** See {@link RunPlan#leaseSteps()}. */
    public Builder leaseSteps(int steps) {
      leaseSteps = steps;
      return this;
    }

    /** See {@link RunPlan#membership()}. */
    public Builder membership(MembershipRules rules) {
      membership = rules;
      return this;
    }

    /** See {@link RunPlan#minFreeBytes()}. */
    public Builder minFreeBytes(long bytes) {
      minFreeBytes = bytes;
      return this;
    }

    /** See {@link RunPlan#maxUnreadable()}. */
    public Builder maxUnreadable(int records) {
      maxUnreadable = records;
      return this;
    }

    /** See {@link RunPlan#maxNonFinite()}. */
    public Builder maxNonFinite(int steps) {
      maxNonFinite = steps;
      return this;
    }

    /** See {@link RunPlan#oneNode()}. */
    public Builder oneNode(Optional<String> why) {
      oneNode = why;
      return this;
    }

    /** See {@link RunPlan#collective()}. */
    public Builder collective(CollectiveRules rules) {
      collective = rules;
      return this;
    }

    /**
     * The plan.
     *
     * @throws IllegalArgumentException naming every problem at once
     */
    public RunPlan build() {
      return new RunPlan(
          name,
          runConfigYaml,
          workers,
          virtualRanks,
          totalSteps,
          checkpoints,
          evaluations,
          leaseSteps,
          membership,
          minFreeBytes,
          outputDir,
          maxUnreadable,
          maxNonFinite,
          oneNode,
          collective);
    }
  }
}
