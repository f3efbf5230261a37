package io.lockstep.worker.config;

import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.time.Duration;
import java.util.Optional;

/**
 * How a run is spread over workers, how many it wants, and what it does when some are lost.
 *
 * @param virtualRanks shares that a step is cut into; see {@link BatchPlan}
 * @param bucketFloats gradient values of a ZeRO bucket
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
    @Key(
            value =
                "Equal shares that the samples of a step are cut into, whatever the number of workers: the most workers the run can use. Unless it is given 4, 2 or 1, the first that divides the samples.",
            min = 1)
        Optional<Integer> virtualRanks,
    // Norms are summed bucket by bucket.
    @Key(
            value = "Gradient values of a ZeRO bucket; a multiple of 16.",
            otherwise = "" + DEFAULT_BUCKET_FLOATS,
            min = 1024)
        int bucketFloats,
    @Key(value = "With fewer the run waits.", otherwise = "1", min = 1, changesWeights = false)
        int minWorkers,
    @Key(
            value = "More wait as spares; as many as `virtual_ranks` unless it is given.",
            min = 1,
            changesWeights = false)
        Optional<Integer> maxWorkers,
    @Key(
            value =
                "How long a world that lost a worker waits for a replacement before it goes on without.",
            otherwise = "0.0",
            min = 0,
            max = 86_400,
            unit = "seconds",
            changesWeights = false)
        Duration grace,
    @Key(
            value =
                "How long a coordinator that was started again waits for the workers of before.",
            otherwise = "10",
            min = 0,
            max = 86_400,
            unit = "seconds",
            changesWeights = false)
        Duration reconnect,
    @Key(
            value = "How often workers say that they live.",
            otherwise = "100",
            min = 1,
            max = 3_600_000,
            unit = "millis",
            changesWeights = false)
        Duration heartbeat,
    // A busy machine keeps a healthy worker waiting for seconds; a closed stream is seen at once.
    @Key(
            value = "Silence after which a worker counts as lost.",
            otherwise = "15000",
            min = 1,
            max = 3_600_000,
            unit = "millis",
            changesWeights = false)
        Duration timeout,
    @Key(
            value =
                "What keeps the state of a lost worker: a copy that another worker keeps up to date, or the last checkpoint.",
            otherwise = "buddy",
            changesWeights = false)
        Resilience resilience) {

  /** Values of a bucket if a recipe does not say. */
  public static final int DEFAULT_BUCKET_FLOATS = 1 << 18;

  private static final int BUCKET_ALIGNMENT = 16;

  private static final int HEARTBEATS_IN_TIMEOUT = 3;

  /** What keeps the state of a lost worker. */
  public enum Resilience {
    /** A copy that another worker keeps up to date. */
    BUDDY,
    /** The last checkpoint: the steps since then are computed again. */
    CHECKPOINT
  }

  /** The same with what is left out. */
  ClusterConfig withDefaults(long globalBatchSize) {
    int ranks = virtualRanks.orElseGet(() -> BatchPlan.usualRanks(globalBatchSize));
    return new ClusterConfig(
        Optional.of(ranks),
        bucketFloats,
        minWorkers,
        maxWorkers.or(() -> Optional.of(ranks)),
        grace,
        reconnect,
        heartbeat,
        timeout,
        resilience);
  }

  void check(Place section, TrainingConfig training) {
    int ranks = virtualRanks.orElseThrow();
    int most = maxWorkers.orElseThrow();
    if (training.globalBatchSize() % ranks != 0) {
      section
          .at("virtual_ranks")
          .problem(
              "(%d) must divide the samples of a step, which are training.per_device_train_batch_size * training.gradient_accumulation_steps = %d * %d = %d"
                  .formatted(
                      ranks,
                      training.perDeviceTrainBatchSize(),
                      training.accumulationSteps(),
                      training.globalBatchSize()));
    }
    if (bucketFloats % BUCKET_ALIGNMENT != 0) {
      section.at("bucket_floats").problem("must be a multiple of " + BUCKET_ALIGNMENT);
    }
    if (most > ranks) {
      section
          .at("max_workers")
          .problem(
              "(%d) must not exceed cluster.virtual_ranks (%d): each worker computes at least one of them"
                  .formatted(most, ranks));
    }
    if (minWorkers > most) {
      section
          .at("min_workers")
          .problem("(%d) must not exceed max_workers (%d)".formatted(minWorkers, most));
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

  /** Most workers that compute. */
  public int mostWorkers() {
    return maxWorkers.orElseThrow();
  }
}
