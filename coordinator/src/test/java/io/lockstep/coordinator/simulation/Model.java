package io.lockstep.coordinator.simulation;

import io.lockstep.coordinator.StepCounts;
import io.lockstep.coordinator.machine.Event.BucketResult;
import io.lockstep.coordinator.machine.Event.RecordResult;
import io.lockstep.coordinator.machine.Event.VirtualRankResult;
import io.lockstep.data.plan.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What is trained: buckets of one number each. A step changes each in a way that no other order or
 * number of steps can reproduce, and every figure depends on the step alone.
 */
final class Model {
  private final int virtualRanks;
  private final int buckets;

  /** State after n steps, by n and bucket. */
  private final List<long[]> states = new ArrayList<>();

  Model(int virtualRanks, int buckets) {
    this.virtualRanks = virtualRanks;
    this.buckets = buckets;
    states.add(new long[buckets]);
  }

  int buckets() {
    return buckets;
  }

  /** What bucket holds after that many steps. */
  long expected(long steps, int bucket) {
    while (states.size() <= steps) {
      long step = states.size() - 1L;
      long[] before = states.getLast();
      long[] after = new long[buckets];
      for (int each = 0; each < buckets; each++) {
        after[each] = updated(before[each], step, each);
      }
      states.add(after);
    }
    return states.get(Math.toIntExact(steps))[bucket];
  }

  /** One bucket after one step. */
  long updated(long value, long step, int bucket) {
    return (value ^ bucketResult(step, bucket).crc32c()) * 0x9E3779B97F4A7C15L + step;
  }

  List<VirtualRankResult> virtualRanks(long step, int rank, int world) {
    List<VirtualRankResult> results = new ArrayList<>();
    int end = virtualRanks * (rank + 1) / world;
    for (int each = virtualRanks * rank / world; each < end; each++) {
      SplittableRandom random = new SplittableRandom(step * 31 + each);
      long tokens = random.nextLong(1, 100);
      results.add(
          new VirtualRankResult(
              each,
              random.nextDouble() * tokens,
              tokens,
              random.nextLong(tokens + 1),
              replaced(random),
              List.of(),
              List.of(),
              List.of(),
              counts(random)));
    }
    return results;
  }

  private static StepCounts counts(SplittableRandom random) {
    return new StepCounts(
        new TreeMap<>(Map.of("padding_tokens", random.nextLong(100), "batch_tokens", 100L)));
  }

  /** What was found on some held-out records after so many steps. */
  List<RecordResult> evaluated(long steps, int first, int end) {
    List<RecordResult> results = new ArrayList<>();
    for (int record = first; record < end; record++) {
      SplittableRandom random = new SplittableRandom(steps * 41 + record + 5000);
      long tokens = random.nextLong(0, 20);
      results.add(
          new RecordResult(random.nextDouble() * tokens, tokens, random.nextLong(tokens + 1)));
    }
    return results;
  }

  private static List<Long> replaced(SplittableRandom random) {
    return random.nextInt(2) == 0 ? List.of() : List.of(random.nextLong(100));
  }

  List<BucketResult> owned(long step, Shard shard) {
    List<BucketResult> results = new ArrayList<>();
    Shard.Span owned = shard.owned(buckets);
    for (int bucket = owned.first(); bucket < owned.end(); bucket++) {
      results.add(bucketResult(step, bucket));
    }
    return results;
  }

  private static BucketResult bucketResult(long step, int bucket) {
    SplittableRandom random = new SplittableRandom(step * 37 + bucket + 1000);
    return new BucketResult(bucket, random.nextDouble() * 50, random.nextInt());
  }
}
