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
 * @param collective what tensors go over
 * @param reduction who sums gradients
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
        Resilience resilience,
    @Key(
            value =
                "What tensors of workers go over: NCCL where all workers have a device and NCCL loads, else TCP; or one of them in any case.",
            otherwise = "auto",
            changesWeights = false)
        Transport collective,
    @Key(
            value =
                "Who sums gradients: workers in one order, which gives the same bits for every number of workers; or NCCL, in its own order, which gives the same bits again in an unchanged world alone.",
            otherwise = "ordered")
        Reduction reduction) {

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

  /** What tensors of workers go over. */
  public enum Transport {
    /** NCCL where all workers can use it, else TCP. */
    AUTO,
    /** TCP. */
    TCP,
    /** NCCL; workers that can't use it are refused. */
    NCCL
  }

  /** Who sums gradients. */
  public enum Reduction {
    /** Workers, in an order that depends on the virtual ranks alone. */
    ORDERED,
    /** NCCL, in its own order. */
    NATIVE
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
        resilience,
        collective,
        reduction);
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
    if (reduction == Reduction.NATIVE && collective == Transport.TCP) {
      section
          .at("reduction")
          .problem(
              "native: sums are left to NCCL, which cluster.collective: tcp rules out; take auto or nccl, or ordered sums");
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
