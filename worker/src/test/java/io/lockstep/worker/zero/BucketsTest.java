package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.plan.Shard;
import io.lockstep.worker.zero.Buckets.Bucket;
import io.lockstep.worker.zero.Buckets.Range;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BucketsTest {

  @Test
  void ownedRangesPartitionTheBufferForAnyWorld() {
    for (long floats : new long[] {1, 15, 16, 17, 160, 1000}) {
      Buckets buckets = new Buckets(floats, 16);
      for (int world = 1; world <= 70; world++) {
        long next = 0;
        for (int rank = 0; rank < world; rank++) {
          Range owned = buckets.owned(rank, world);
          assertEquals(next, owned.start());
          assertTrue(owned.end() >= owned.start());
          next = owned.end();
        }
        assertEquals(floats, next);
      }
    }
  }

  @Test
  void everyBucketHasOneOwnerWhoseRangeItLiesIn() {
    Buckets buckets = new Buckets(1000, 64);
    for (int world = 1; world <= 20; world++) {
      List<Bucket> all = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        Range owned = buckets.owned(rank, world);
        List<Bucket> own = buckets.buckets(new Shard(rank, world, false).owned(buckets.count()));
        assertEquals(owned.floats(), own.stream().mapToLong(b -> b.range().floats()).sum());
        all.addAll(own);
      }
      assertEquals(buckets.count(), all.size());
      for (int index = 0; index < all.size(); index++) {
        assertEquals(new Bucket(index, buckets.range(index)), all.get(index));
      }
    }
  }

  @Test
  void theLastBucketMayBeShorter() {
    Buckets buckets = new Buckets(100, 48);
    assertEquals(3, buckets.count());
    assertEquals(new Range(96, 100), buckets.range(2));
  }

  @Test
  void ranksBeyondTheBucketsOwnNothing() {
    Buckets buckets = new Buckets(32, 16);
    long owners = 0;
    for (int rank = 0; rank < 5; rank++) {
      boolean owns = buckets.owned(rank, 5).floats() > 0;
      assertEquals(owns, new Shard(rank, 5, false).owned(buckets.count()).size() > 0);
      owners += owns ? 1 : 0;
    }
    assertEquals(2, owners);
  }
}
