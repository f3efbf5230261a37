package io.lockstep.coordinator;

import java.time.Duration;
import java.util.List;

/**
 * How a run deals with workers that come and go. Made by a {@link #builder}.
 *
 * @param minWorkers the run waits while fewer are there
 * @param maxWorkers workers beyond are spares; at most the number of virtual ranks
 * @param grace how long the run waits for a replacement of a worker it lost
 * @param reconnect how long a coordinator that was started again waits for the workers of before
 * @param heartbeatInterval how often workers say that they live
 * @param heartbeatTimeout silence after which a worker counts as lost; at least twice the interval
 * @param replicates whether each worker keeps a replica of the shard that another one owns
 */
public record MembershipRules(
    int minWorkers,
    int maxWorkers,
    Duration grace,
    Duration reconnect,
    Duration heartbeatInterval,
    Duration heartbeatTimeout,
    boolean replicates) {

  void addProblems(int workers, int virtualRanks, List<String> problems) {
    check(problems, minWorkers >= 1, "min_workers is " + minWorkers + ": give at least 1");
    check(
        problems,
        maxWorkers >= minWorkers,
        "max_workers is " + maxWorkers + ", less than min_workers " + minWorkers);
    check(
        problems,
        maxWorkers <= Math.max(virtualRanks, 1),
        "max_workers is "
            + maxWorkers
            + ", but only "
            + virtualRanks
            + " virtual ranks can be shared: lower it or raise the number of virtual ranks");
    check(
        problems,
        workers < 1
            || workers > virtualRanks
            || (workers >= minWorkers && workers <= Math.max(maxWorkers, minWorkers)),
        "%d workers to start with are not between min_workers %d and max_workers %d"
            .formatted(workers, minWorkers, maxWorkers));
    check(problems, !grace.isNegative(), "grace is negative: " + grace);
    check(problems, !reconnect.isNegative(), "reconnect time is negative: " + reconnect);
    check(
        problems,
        heartbeatInterval.toMillis() >= 1,
        "heartbeat interval is " + heartbeatInterval + ": give at least a millisecond");
    check(
        problems,
        heartbeatTimeout.compareTo(heartbeatInterval.multipliedBy(2)) >= 0,
        "heartbeat timeout "
            + heartbeatTimeout
            + " is less than twice the interval "
            + heartbeatInterval
            + ": one late message would cost a worker");
  }

  static void check(List<String> problems, boolean holds, String problem) {
    if (!holds) {
      problems.add(problem);
    }
  }

  /**
   * Rules for these numbers of workers, which keep replicas and wait for no replacement, with a
   * heartbeat each second; what else holds is set one by one.
   */
  public static Builder builder(int minWorkers, int maxWorkers) {
    return new Builder(minWorkers, maxWorkers);
  }

  /** These rules, to change some of them. */
  public Builder toBuilder() {
    return builder(minWorkers, maxWorkers)
        .grace(grace)
        .reconnect(reconnect)
        .heartbeats(heartbeatInterval, heartbeatTimeout)
        .replicates(replicates);
  }

  /** Collects rules, each by its name. */
  public static final class Builder {
    private int minWorkers;
    private int maxWorkers;
    private Duration grace = Duration.ZERO;
    private Duration reconnect = Duration.ofSeconds(10);
    private Duration heartbeatInterval = Duration.ofSeconds(1);
    private Duration heartbeatTimeout = Duration.ofSeconds(15);
    private boolean replicates = true;

    private Builder(int minWorkers, int maxWorkers) {
      this.minWorkers = minWorkers;
      this.maxWorkers = maxWorkers;
    }

    /** See {@link MembershipRules#minWorkers()} and {@link MembershipRules#maxWorkers()}. */
    public Builder limits(int min, int max) {
      minWorkers = min;
      maxWorkers = max;
      return this;
    }

    /** See {@link MembershipRules#grace()}. */
    public Builder grace(Duration time) {
      grace = time;
      return this;
    }

    /** See {@link MembershipRules#reconnect()}. */
    public Builder reconnect(Duration time) {
      reconnect = time;
      return this;
    }

    /**
     * See {@link MembershipRules#heartbeatInterval()} and {@link
     * MembershipRules#heartbeatTimeout()}.
     */
    public Builder heartbeats(Duration interval, Duration timeout) {
      heartbeatInterval = interval;
      heartbeatTimeout = timeout;
      return this;
    }

    /** See {@link MembershipRules#replicates()}. */
    public Builder replicates(boolean keeps) {
      replicates = keeps;
      return this;
    }

    /** The rules; a plan checks them. */
    public MembershipRules build() {
      return new MembershipRules(
          minWorkers,
          maxWorkers,
          grace,
          reconnect,
          heartbeatInterval,
          heartbeatTimeout,
          replicates);
    }
  }
}
