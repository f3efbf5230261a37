package io.lockstep.worker.zero;

import java.util.ArrayList;
import java.util.List;

/**
 * What a rank holds and sends if training state is sharded up to a stage of ZeRO (Rajbhandari et
 * al., "ZeRO: Memory optimizations toward training trillion parameter models", 2020): stage 1
 * shards the optimizer's moments, 2 the reduced gradients too, 3 the weights too. Everything is
 * float32; activations are not counted, nor gradients on their way through the reduction tree.
 *
 * @param stage 0 to 3
 * @param weightBytes the model's weights on the rank that holds most
 * @param gradientBytes reduced gradients likewise
 * @param optimizerBytes both moments of AdamW likewise
 * @param sentBytes bytes that a rank sends in one step, on average over the ranks
 */
public record StageCost(
    int stage, long weightBytes, long gradientBytes, long optimizerBytes, long sentBytes) {

  private static final int STAGES = 3;
  private static final int MOMENTS = 2;

  /**
   * The costs of all stages.
   *
   * @param weights parameters of the whole model, adapters included
   * @param trained buckets of those that are trained; frozen weights are never sharded
   * @param world number of ranks, at least 1
   */
  public static List<StageCost> of(long weights, Buckets trained, int world) {
    long whole = trained.floats();
    long shard = 0;
    for (int rank = 0; rank < world; rank++) {
      shard = Math.max(shard, trained.owned(rank, world).floats());
    }
    long exchange = whole * Float.BYTES * (world - 1) / world;
    List<StageCost> stages = new ArrayList<>();
    for (int stage = 0; stage <= STAGES; stage++) {
      long kept = stage < STAGES ? whole : shard;
      long reduced = stage < 2 ? whole : shard;
      long moments = MOMENTS * (stage < 1 ? whole : shard);
      // Gradients are reduced and parameters gathered; stage 3 gathers before the backward pass
      // too.
      long exchanges = stage < STAGES ? 2 : 3;
      stages.add(
          new StageCost(
              stage,
              (weights - whole + kept) * Float.BYTES,
              reduced * Float.BYTES,
              moments * Float.BYTES,
              exchanges * exchange));
    }
    return List.copyOf(stages);
  }

  /** Everything a rank holds. */
  public long totalBytes() {
    return weightBytes + gradientBytes + optimizerBytes;
  }
}
