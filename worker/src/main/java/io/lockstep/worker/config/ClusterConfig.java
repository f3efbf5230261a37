package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.config.Place;
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
    @Key(value = "With fewer the run waits.", otherwise = "1", min = 1) int minWorkers,
    @Key(value = "More wait as spares.", like = "training.virtual_ranks", min = 1) int maxWorkers,
    @Key(
            value =
                "How long a world that lost a worker waits for a replacement before it goes on without.",
            otherwise = "0.0",
            min = 0,
            max = 86_400,
            unit = "seconds")
        Duration grace,
    @Key(
            value =
                "How long a coordinator that was started again waits for the workers of before.",
            otherwise = "10",
            min = 0,
            max = 86_400,
            unit = "seconds")
        Duration reconnect,
    @Key(
            value = "How often workers say that they live.",
            otherwise = "100",
            min = 1,
            max = 3_600_000,
            unit = "millis")
        Duration heartbeat,
    // A busy machine keeps a healthy worker waiting for seconds; a closed stream is seen at once.
    @Key(
            value = "Silence after which a worker counts as lost.",
            otherwise = "15000",
            min = 1,
            max = 3_600_000,
            unit = "millis")
        Duration timeout,
    @Key(
            value =
                "What keeps the state of a lost worker: a copy that another worker keeps up to date, or the last checkpoint.",
            otherwise = "buddy")
        Resilience resilience,
    @Key(
            value =
                "What of the training state workers share out: 1 the optimizer's moments, 2 the reduced gradients too, 3 the weights too.",
            otherwise = "2",
            min = 1,
            max = WEIGHTS_STAGE)
        int zeroStage) {

  /** The stage that shares out the weights. */
  public static final int WEIGHTS_STAGE = 3;

  private static final int HEARTBEATS_IN_TIMEOUT = 3;

  /** What keeps the state of a lost worker. */
  public enum Resilience {
    /** A copy that another worker keeps up to date. */
    BUDDY,
    /** The last checkpoint: the steps since then are computed again. */
    CHECKPOINT
  }

  void check(Place section, TrainingConfig training) {
    if (zeroStage == WEIGHTS_STAGE && !training.gradientCheckpointing()) {
      section
          .at("zero_stage")
          .problem(
              "3 needs training.gradient_checkpointing: true, since a graph that is kept would hold"
                  + " the weights that it gives away");
    }
    if (maxWorkers > training.virtualRanks()) {
      section
          .at("max_workers")
          .problem(
              "(%d) must not exceed training.virtual_ranks (%d): each worker computes at least one of them"
                  .formatted(maxWorkers, training.virtualRanks()));
    }
    if (minWorkers > maxWorkers) {
      section
          .at("min_workers")
          .problem("(%d) must not exceed max_workers (%d)".formatted(minWorkers, maxWorkers));
    }
    if (timeout.compareTo(heartbeat.multipliedBy(HEARTBEATS_IN_TIMEOUT)) < 0) {
      section
          .at("timeout_millis")
          .problem(
              "must be at least three times heartbeat_millis: one late message would cost a worker");
    }
  }

  /** Whether workers keep copies for each other. */
  public boolean replicates() {
    return resilience == Resilience.BUDDY;
  }

  /** Whether workers keep the weights of what they own alone. */
  public boolean sharesWeights() {
    return zeroStage == WEIGHTS_STAGE;
  }
}
