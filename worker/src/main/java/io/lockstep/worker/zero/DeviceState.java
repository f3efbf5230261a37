package io.lockstep.worker.zero;

import io.lockstep.collective.nccl.NcclCollective;
import io.lockstep.data.plan.Shard;
import io.lockstep.tensor.Dtype;
import io.lockstep.worker.zero.Buckets.Range;

/**
 * What the rank that has most holds of the training state on a CUDA device.
 *
 * <p>It is what {@link StageCost} counts, with two differences: rank 0 has all weights at every
 * stage of ZeRO, because it saves them, and a copy of them besides, which checkpoints are written
 * and certified from while training goes on.
 *
 * @param weightBytes what is trained, in float32; what is not is held besides
 * @param copyBytes rank 0's copy of it
 * @param gradientBytes flat buffers of gradients, as many as sums of virtual ranks wait at once
 * @param optimizerBytes both moments of AdamW
 * @param reducedBytes the sums over all ranks, of what is owned and copied
 * @param exchangeBytes pieces of other ranks' sums on their way into the reduction over NCCL
 */
public record DeviceState(
    long weightBytes,
    long copyBytes,
    long gradientBytes,
    long optimizerBytes,
    long reducedBytes,
    long exchangeBytes) {

  /**
   * Counts the rank that has most.
   *
   * @param subject what it says of frozen weights is not counted
   * @param stage of ZeRO, 1 to 3
   * @param ordered whether ranks sum gradients, and not NCCL
   */
  public static DeviceState of(StageCost.Subject subject, int stage, int world, boolean ordered) {
    PassTable passes = PassTable.even(subject.virtualRanks(), world, 1);
    long whole = Dtype.FLOAT32.bytes(subject.layout().size());
    DeviceState most = new DeviceState(whole, whole, 0, 0, 0, 0);
    for (int rank = 0; rank < world; rank++) {
      StageCost cost = StageCost.of(subject, stage, rank, passes);
      Routes routes =
          new Routes(
              new Shard(rank, world, subject.replicates()),
              subject.buckets(),
              subject.virtualRanks());
      long reduced = Dtype.FLOAT32.bytes(routes.owned().floats() + routes.copied().floats());
      most =
          most.max(
              new DeviceState(
                  0,
                  0,
                  cost.gradientBytes() - reduced,
                  cost.optimizerBytes(),
                  reduced,
                  ordered ? exchange(routes, rank) : 0));
    }
    return most;
  }

  /** Two pieces of each sum that comes from another rank. */
  private static long exchange(Routes routes, int rank) {
    Range owned = routes.owned();
    long sources = 0;
    for (int peer = 0; peer < routes.world(); peer++) {
      sources += peer == rank ? 0 : routes.coverOf(peer).size();
    }
    return owned.floats() == 0
        ? 0
        : sources * NcclCollective.stagedBytes(Dtype.FLOAT32.bytes(owned.floats()));
  }

  private DeviceState max(DeviceState other) {
    return new DeviceState(
        Math.max(weightBytes, other.weightBytes),
        Math.max(copyBytes, other.copyBytes),
        Math.max(gradientBytes, other.gradientBytes),
        Math.max(optimizerBytes, other.optimizerBytes),
        Math.max(reducedBytes, other.reducedBytes),
        Math.max(exchangeBytes, other.exchangeBytes));
  }
}
