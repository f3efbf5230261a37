package io.lockstep.coordinator;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a run is to do, checked as a whole before anything starts.
 *
 * @param name the run's name, for people
 * @param runConfigYaml the configuration handed to every worker, with defaults filled in and paths
 *     absolute
 * @param workers number of workers the run begins with
 * @param virtualRanks number of virtual ranks of a step, independent of {@code workers}
 * @param totalSteps steps of the whole run
 * @param saving when checkpoints are written and which stay; there is always one at the end
 * @param leaseSteps most steps handed out at once
 * @param membership what happens when workers come and go
 * @param minFreeBytes free space asked for before a checkpoint; at least the base model's size
 * @param outputDir the run folder; made absolute
 * @param maxUnreadable most records that may be replaced because they can't be read
 * @param oneNode why all workers have to sit on one node, and what else to do; empty if they may
 *     sit anywhere
 */
public record RunPlan(
    String name,
    String runConfigYaml,
    int workers,
    int virtualRanks,
    long totalSteps,
    SavePlan saving,
    int leaseSteps,
    MembershipRules membership,
    long minFreeBytes,
    Path outputDir,
    int maxUnreadable,
    Optional<String> oneNode) {

  /** A run whose workers may sit anywhere, and all of whose records have to be readable. */
  public RunPlan(
      String name,
      String runConfigYaml,
      int workers,
      int virtualRanks,
      long totalSteps,
      SavePlan saving,
      int leaseSteps,
      MembershipRules membership,
      long minFreeBytes,
      Path outputDir) {
    this(
        name,
        runConfigYaml,
        workers,
        virtualRanks,
        totalSteps,
        saving,
        leaseSteps,
        membership,
        minFreeBytes,
        outputDir,
        0,
        Optional.empty());
  }

  /** The same run, which may replace so many records that can't be read. */
  public RunPlan withUnreadable(int most) {
    return new RunPlan(
        name,
        runConfigYaml,
        workers,
        virtualRanks,
        totalSteps,
        saving,
        leaseSteps,
        membership,
        minFreeBytes,
        outputDir,
        most,
        oneNode);
  }

  /** The same run, all of whose workers have to sit on one node. */
  public RunPlan onOneNode(String why) {
    return new RunPlan(
        name,
        runConfigYaml,
        workers,
        virtualRanks,
        totalSteps,
        saving,
        leaseSteps,
        membership,
        minFreeBytes,
        outputDir,
        maxUnreadable,
        Optional.of(why));
  }

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
    check(problems, leaseSteps >= 1, "lease is " + leaseSteps + " steps: give at least 1");
    membership.addProblems(workers, virtualRanks, problems);
    check(problems, maxUnreadable >= 0, "most unreadable records is negative: " + maxUnreadable);
    check(problems, minFreeBytes >= 0, "minimum free space is negative: " + minFreeBytes);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException("invalid run plan: " + String.join("; ", problems));
    }
    outputDir = outputDir.toAbsolutePath().normalize();
  }

  private static void check(List<String> problems, boolean holds, String problem) {
    MembershipRules.check(problems, holds, problem);
  }
}
