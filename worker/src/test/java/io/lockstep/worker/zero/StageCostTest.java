package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class StageCostTest {

  /** 1000 weights, 600 of them trained in six buckets: four ranks own one, two, one and two. */
  @Test
  void everyStageShardsOneThingMore() {
    assertEquals(
        List.of(
            new StageCost(0, 4000, 2400, 4800, 3600),
            new StageCost(1, 4000, 2400, 1600, 3600),
            new StageCost(2, 4000, 800, 1600, 3600),
            new StageCost(3, 2400, 800, 1600, 5400)),
        StageCost.of(1000, new Buckets(600, 100), 4));
  }

  @Test
  void aRankAloneHoldsEverythingAndSendsNothing() {
    for (StageCost cost : StageCost.of(600, new Buckets(600, 100), 1)) {
      assertEquals(4 * 4 * 600, cost.totalBytes());
      assertEquals(0, cost.sentBytes());
    }
  }
}
