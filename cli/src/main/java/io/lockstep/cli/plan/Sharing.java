package io.lockstep.cli.plan;

import java.util.Optional;

/**
 * How a step is shared out.
 *
 * @param samples of a step
 * @param virtualRanks shares of a step
 * @param bucketFloats values of a bucket
 * @param replicates whether workers keep copies for each other
 * @param ordered whether workers sum gradients, and not NCCL
 * @param scales whether a step has as many samples more as there are more workers, each computing
 *     one share; a recipe says how many samples there are
 * @param stage of ZeRO
 * @param world workers, one for each device
 */
public record Sharing(
    int samples,
    int virtualRanks,
    int bucketFloats,
    boolean replicates,
    boolean ordered,
    boolean scales,
    int stage,
    int world) {

  Sharing withVirtualRanks(int ranks) {
    return new Sharing(samples, ranks, bucketFloats, replicates, ordered, scales, stage, world);
  }

  Sharing withoutReplicas() {
    return new Sharing(samples, virtualRanks, bucketFloats, false, ordered, scales, stage, world);
  }

  Sharing atStage(int other) {
    return new Sharing(
        samples, virtualRanks, bucketFloats, replicates, ordered, scales, other, world);
  }

  /**
   * Over so many workers, with as many virtual ranks if there are fewer; nothing if the samples
   * can't be shared out so.
   */
  Optional<Sharing> on(int workers) {
    int ranks = scales ? workers : Math.max(virtualRanks, workers);
    int shared = scales ? samples / virtualRanks * workers : samples;
    return shared % ranks == 0
        ? Optional.of(
            new Sharing(shared, ranks, bucketFloats, replicates, ordered, scales, stage, workers))
        : Optional.empty();
  }
}
