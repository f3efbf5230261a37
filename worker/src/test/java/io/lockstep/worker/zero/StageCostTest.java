package io.lockstep.worker.zero;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.collective.tcp.TcpCollective;
import io.lockstep.model.parameter.ParameterLayout;
import io.lockstep.model.parameter.ParameterSpec;
import io.lockstep.model.segment.SegmentSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class StageCostTest {

  private static final int FLOATS = 640;

  /** 400 frozen weights; 640 trained ones in two segments and ten buckets. */
  private static StageCost.Subject subject(boolean replicates) {
    ParameterLayout layout =
        new ParameterLayout(
            List.of(
                ParameterSpec.of(ParameterSpec.Module.VIT, "first", 320),
                ParameterSpec.of(ParameterSpec.Module.LLM, "second", 320)));
    assertEquals(FLOATS, layout.size());
    List<SegmentSpec> segments =
        List.of(
            new SegmentSpec(0, "first", 0, 1, List.of(), true, 0, 320),
            new SegmentSpec(1, "second", 1, 2, List.of(), false, 320, FLOATS));
    return new StageCost.Subject(1600, segments, layout, new Buckets(FLOATS, 64), 4, 1, replicates);
  }

  @Test
  void everyStageSharesOutOneThingMore() {
    List<StageCost> costs = StageCost.of(subject(false), 4, 1);
    long largestShare = 3 * 64;
    assertEquals(4 * (400 + FLOATS), costs.get(2).weightBytes());
    assertEquals(2 * 4 * FLOATS, costs.get(0).optimizerBytes());
    for (int stage = 1; stage <= 3; stage++) {
      assertEquals(2 * 4 * largestShare, costs.get(stage).optimizerBytes());
      assertEquals(4 * (FLOATS + largestShare), costs.get(stage).gradientBytes());
    }
    assertTrue(costs.get(3).sentBytes() > costs.get(2).sentBytes());
  }

  @Test
  void aBuddyDoublesWhatIsHeldOfTheMoments() {
    StageCost alone = StageCost.of(subject(false), 2, 0, PassTable.even(4, 2, 1));
    StageCost replicated = StageCost.of(subject(true), 2, 0, PassTable.even(4, 2, 1));
    assertEquals(2 * alone.optimizerBytes(), replicated.optimizerBytes());
    assertEquals(alone.sentBytes(), replicated.sentBytes());
  }

  @Test
  void anExchangeSendsHalfOfEverythingBetweenTwo() {
    StageCost cost = StageCost.of(subject(false), 2, 0, PassTable.even(4, 2, 1));
    assertEquals(2 * TcpCollective.wireBytes(4 * FLOATS / 2), cost.sentBytes());
  }

  @Test
  void aRankAloneSendsNothing() {
    for (StageCost cost : StageCost.of(subject(true), 1, 3)) {
      assertEquals(4 * (400 + FLOATS), cost.weightBytes());
      assertEquals(2 * 4 * FLOATS, cost.optimizerBytes());
      assertEquals(0, cost.sentBytes());
    }
  }
}
