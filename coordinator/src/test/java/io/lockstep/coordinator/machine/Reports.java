package io.lockstep.coordinator.machine;

import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.machine.Event.BucketResult;
import io.lockstep.coordinator.machine.Event.VirtualRankResult;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What a model would report for a step: the same for a virtual rank or bucket whoever computes it.
 */
final class Reports {
  static final int VIRTUAL_RANKS = 4;
  static final int BUCKETS = 6;

  private Reports() {}

  static VirtualRankResult virtualRank(long step, int virtualRank) {
    SplittableRandom random = new SplittableRandom(step * 31 + virtualRank);
    long tokens = random.nextInt(1, 100);
    return new VirtualRankResult(
        virtualRank,
        random.nextDouble() * tokens,
        tokens,
        random.nextLong(tokens + 1),
        replaced(random),
        List.of(),
        List.of(),
        List.of(),
        counts(random));
  }

  private static StepCounts counts(SplittableRandom random) {
    return new StepCounts(
        new TreeMap<>(Map.of("padding_tokens", random.nextLong(100), "batch_tokens", 100L)));
  }

  private static List<Long> replaced(SplittableRandom random) {
    return random.nextInt(2) == 0 ? List.of() : List.of(random.nextLong(100));
  }

  static BucketResult bucket(long step, int bucket) {
    SplittableRandom random = new SplittableRandom(step * 37 + bucket + 1000);
    return new BucketResult(bucket, random.nextDouble() * 50, random.nextInt());
  }

  /** The share of {@code rank}: contiguous blocks of virtual ranks and of buckets. */
  static Event.Reduced share(long session, long generation, long step, int rank, int world) {
    return new Event.Reduced(
        session,
        generation,
        step,
        block(VIRTUAL_RANKS, rank, world).mapToObj(each -> virtualRank(step, each)).toList(),
        block(BUCKETS, rank, world).mapToObj(each -> bucket(step, each)).toList());
  }

  static StepDecision.Report report(long step, int rank, int world) {
    Event.Reduced share = share(rank, 1, step, rank, world);
    return new StepDecision.Report("worker-" + rank, share.virtualRanks(), share.buckets());
  }

  private static IntStream block(int count, int rank, int world) {
    return IntStream.range(count * rank / world, count * (rank + 1) / world);
  }
}
