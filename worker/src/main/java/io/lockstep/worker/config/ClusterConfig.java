package io.lockstep.worker.config;

import java.time.Duration;

/**
 * How many workers a run wants and what it does when some are lost. Nothing here changes the
 * weights.
 *
 * @param minWorkers with fewer the run waits
 * @param maxWorkers more wait as spares; at most the number of virtual ranks
 * @param grace how long a world that lost a worker waits for a replacement before it goes on
 *     without
 * @param reconnect how long a coordinator that was started again waits for the workers of before
 * @param heartbeat how often workers say that they live
 * @param timeout silence after which a worker counts as lost
 * @param resilience what keeps the state of a lost worker
 */
public record ClusterConfig(
    int minWorkers,
    int maxWorkers,
    Duration grace,
    Duration reconnect,
    Duration heartbeat,
    Duration timeout,
    Resilience resilience) {

  private static final int HEARTBEATS_IN_TIMEOUT = 3;
  private static final double DEFAULT_RECONNECT_SECONDS = 10;
  private static final double LONGEST_SECONDS = 86_400;
  private static final double MILLIS = 1000;

  /** What keeps the state of a lost worker. */
  public enum Resilience {
    /** A copy that another worker keeps up to date. */
    BUDDY,
    /** The last checkpoint: the steps since then are computed again. */
    CHECKPOINT
  }

  static ClusterConfig read(Section section, int virtualRanks) {
    ClusterConfig config =
        new ClusterConfig(
            section.integer("min_workers", 1, 1),
            section.integer("max_workers", virtualRanks, 1),
            seconds(section.number("grace_seconds", 0.0, 0, LONGEST_SECONDS)),
            seconds(
                section.number("reconnect_seconds", DEFAULT_RECONNECT_SECONDS, 0, LONGEST_SECONDS)),
            millis(section.number("heartbeat_millis", 100.0, 1, 3_600_000)),
            millis(section.number("timeout_millis", 1000.0, 1, 3_600_000)),
            section.choice("resilience", Resilience.BUDDY, Resilience.class));
    if (config.maxWorkers > virtualRanks) {
      section.problem(
          "max_workers",
          "("
              + config.maxWorkers
              + ") must not exceed training.virtual_ranks ("
              + virtualRanks
              + "): each worker computes at least one of them");
    }
    if (config.minWorkers > config.maxWorkers) {
      section.problem(
          "min_workers",
          "(" + config.minWorkers + ") must not exceed max_workers (" + config.maxWorkers + ")");
    }
    if (config.timeout.compareTo(config.heartbeat.multipliedBy(HEARTBEATS_IN_TIMEOUT)) < 0) {
      section.problem(
          "timeout_millis",
          "must be at least three times heartbeat_millis: one late message would cost a worker");
    }
    section.finish();
    return config;
  }

  /** Whether workers keep copies for each other. */
  public boolean buddy() {
    return resilience == Resilience.BUDDY;
  }

  private static Duration seconds(double value) {
    return millis(value * MILLIS);
  }

  private static Duration millis(double value) {
    return Duration.ofMillis(Math.round(value));
  }
}
