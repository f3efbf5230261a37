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
 * @param zeroStage what of the training state workers share out among them: 1 the optimizer's
 *     moments, 2 the reduced gradients too, 3 the weights too
 */
public record ClusterConfig(
    int minWorkers,
    int maxWorkers,
    Duration grace,
    Duration reconnect,
    Duration heartbeat,
    Duration timeout,
    Resilience resilience,
    int zeroStage) {

  /** The stage that shares out the weights. */
  public static final int WEIGHTS_STAGE = 3;

  private static final int DEFAULT_STAGE = 2;

  private static final int HEARTBEATS_IN_TIMEOUT = 3;
  private static final double DEFAULT_RECONNECT_SECONDS = 10;
  private static final double DEFAULT_HEARTBEAT_MILLIS = 100;

  /** A busy machine keeps a healthy worker waiting for seconds; a closed stream is seen at once. */
  private static final double DEFAULT_TIMEOUT_MILLIS = 15_000;

  private static final double LONGEST_SECONDS = 86_400;
  private static final double MILLIS = 1000;

  /** What keeps the state of a lost worker. */
  public enum Resilience {
    /** A copy that another worker keeps up to date. */
    BUDDY,
    /** The last checkpoint: the steps since then are computed again. */
    CHECKPOINT
  }

  static ClusterConfig read(Section section, TrainingConfig training) {
    int virtualRanks = training.virtualRanks();
    ClusterConfig config =
        new ClusterConfig(
            section.integer("min_workers", 1, 1),
            section.integer("max_workers", virtualRanks, 1),
            seconds(section.number("grace_seconds", 0.0, 0, LONGEST_SECONDS)),
            seconds(
                section.number("reconnect_seconds", DEFAULT_RECONNECT_SECONDS, 0, LONGEST_SECONDS)),
            millis(section.number("heartbeat_millis", DEFAULT_HEARTBEAT_MILLIS, 1, 3_600_000)),
            millis(section.number("timeout_millis", DEFAULT_TIMEOUT_MILLIS, 1, 3_600_000)),
            section.choice("resilience", Resilience.BUDDY, Resilience.class),
            section.integer("zero_stage", DEFAULT_STAGE, 1));
    if (config.zeroStage > WEIGHTS_STAGE) {
      section.problem("zero_stage", "(" + config.zeroStage + ") must be 1, 2 or 3");
    } else if (config.zeroStage == WEIGHTS_STAGE && !training.gradientCheckpointing()) {
      section.problem(
          "zero_stage",
          "3 needs training.gradient_checkpointing: true, since a graph that is kept would hold the"
              + " weights that it gives away");
    }
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
  public boolean replicates() {
    return resilience == Resilience.BUDDY;
  }

  /** Whether workers keep the weights of what they own alone. */
  public boolean sharesWeights() {
    return zeroStage == WEIGHTS_STAGE;
  }

  private static Duration seconds(double value) {
    return millis(value * MILLIS);
  }

  private static Duration millis(double value) {
    return Duration.ofMillis(Math.round(value));
  }
}
