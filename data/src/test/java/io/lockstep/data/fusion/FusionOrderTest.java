package io.lockstep.data.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.data.fusion.FusionOrder.Pool;
import io.lockstep.data.plan.EpochOrder;
import io.lockstep.data.plan.EpochPlan;
import io.lockstep.data.plan.SampleRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FusionOrderTest {

  private static final Pool WHOLE = new Pool(30, 30, 1, true);
  private static final Pool HALF = new Pool(20, 10, 2, true);
  private static final Pool SCARCE = new Pool(5, 12, 3, false);
  private static final FusionOrder ORDER = new FusionOrder(9, List.of(WHOLE, HALF, SCARCE));
  private static final Concatenation RECORDS = new Concatenation(List.of(30L, 20L, 5L));

  @Test
  void everyEpochHoldsTheQuotaOfEachDataset() {
    assertEquals(52, ORDER.samples());
    for (long epoch = 0; epoch < 50; epoch++) {
      assertEquals(30, of(0, epoch).size());
      assertEquals(10, of(1, epoch).size());
      assertEquals(12, of(2, epoch).size());
    }
  }

  @Test
  void noRecordComesTwiceWhereThereAreEnough() {
    for (long epoch = 0; epoch < 50; epoch++) {
      assertEquals(30, Set.copyOf(of(0, epoch)).size());
      assertEquals(10, Set.copyOf(of(1, epoch)).size());
    }
  }

  @Test
  void drawsWithReplacementReachEveryRecord() {
    Set<Long> seen = new HashSet<>();
    boolean repeated = false;
    for (long epoch = 0; epoch < 20; epoch++) {
      List<Long> drawn = of(2, epoch);
      seen.addAll(drawn);
      repeated |= Set.copyOf(drawn).size() < drawn.size();
    }
    assertEquals(5, seen.size());
    assertTrue(repeated);
  }

  @Test
  void anotherEpochDrawsOtherRecordsInAnotherOrder() {
    Set<Set<Long>> subsets = new HashSet<>();
    for (long epoch = 0; epoch < 10; epoch++) {
      assertNotEquals(all(ORDER, epoch), all(ORDER, epoch + 1));
      subsets.add(Set.copyOf(of(1, epoch)));
    }
    assertEquals(10, subsets.size());
  }

  @Test
  void theSeedsAloneDecide() {
    assertEquals(all(ORDER, 3), all(new FusionOrder(9, List.of(WHOLE, HALF, SCARCE)), 3));
    assertNotEquals(all(ORDER, 3), all(new FusionOrder(8, List.of(WHOLE, HALF, SCARCE)), 3));
    FusionOrder other = new FusionOrder(9, List.of(WHOLE, new Pool(20, 10, 7, true), SCARCE));
    for (int place = 0; place < 52; place++) {
      long before = ORDER.epoch(3).at(place);
      long after = other.epoch(3).at(place);
      assertEquals(RECORDS.datasetOf(before), RECORDS.datasetOf(after));
      if (RECORDS.datasetOf(before) != 1) {
        assertEquals(before, after);
      }
    }
    assertNotEquals(all(ORDER, 3), all(other, 3));
  }

  @Test
  void datasetsAreSpreadOverTheEpoch() {
    EpochOrder.Epoch epoch =
        new FusionOrder(1, List.of(new Pool(1000, 1000, 1, true), new Pool(1000, 1000, 2, true)))
            .epoch(0);
    long first = LongStream.range(0, 1000).filter(place -> epoch.at(place) < 1000).count();
    assertTrue(first > 430 && first < 570, first + " of the first half are of the first dataset");
  }

  @Test
  void aReplacementIsOfTheSameDatasetAndNamesEachOtherRecordOnce() {
    EpochPlan plan = new EpochPlan(ORDER, 4, 2);
    for (long position = 0; position < 52; position++) {
      SampleRef draw = plan.at(position);
      int dataset = RECORDS.datasetOf(draw.sample());
      int others = (int) ORDER.replacements(draw.sample());
      assertEquals(RECORDS.size(dataset) - 1, others);
      Set<Long> named = new HashSet<>();
      for (int attempt = 0; attempt < others; attempt++) {
        long stand = plan.replacement(draw, attempt).sample();
        assertEquals(dataset, RECORDS.datasetOf(stand));
        named.add(stand);
      }
      assertEquals(others, named.size());
      assertTrue(!named.contains(draw.sample()));
      assertThrows(IllegalArgumentException.class, () -> plan.replacement(draw, others));
    }
  }

  @Test
  void anyPositionOfAHugeFusionIsKnownAtOnce() {
    FusionOrder huge =
        new FusionOrder(
            1,
            List.of(
                new Pool(1_000_000_000_000L, 1_000_000_000_000L, 1, true),
                new Pool(7_000_000_000L, 500_000_000_000L, 2, false)));
    EpochPlan plan = new EpochPlan(huge, 1024, 64);
    SampleRef draw = plan.at(5 * huge.samples() + 123_456_789_012L);
    assertEquals(5, draw.epoch());
    assertEquals(123_456_789_012L, draw.place());
    assertTrue(draw.sample() >= 0 && draw.sample() < 1_007_000_000_000L);
  }

  private static List<Long> all(EpochOrder order, long epoch) {
    EpochOrder.Epoch places = order.epoch(epoch);
    return LongStream.range(0, order.samples()).map(places::at).boxed().toList();
  }

  /** What an epoch draws of a dataset, sorted. */
  private static List<Long> of(int dataset, long epoch) {
    List<Long> drawn = new ArrayList<>(all(ORDER, epoch));
    drawn.removeIf(sample -> RECORDS.datasetOf(sample) != dataset);
    Collections.sort(drawn);
    return drawn;
  }
}
