package io.lockstep.data.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EpochPlanTest {

  private static final EpochPlan PLAN = new EpochPlan(37, 11, 16, 8);

  @Test
  void everyEpochShowsEverySampleOnce() {
    for (long epoch = 0; epoch < 20; epoch++) {
      assertEquals(37, Set.copyOf(orderOf(PLAN, epoch)).size());
    }
  }

  @Test
  void noTwoEpochsAreAlike() {
    Set<List<Long>> orders = new HashSet<>();
    for (long epoch = 0; epoch < 200; epoch++) {
      assertTrue(orders.add(orderOf(PLAN, epoch)));
    }
  }

  @Test
  void anotherSeedGivesAnotherOrder() {
    assertNotEquals(orderOf(PLAN, 0), orderOf(new EpochPlan(37, 12, 16, 8), 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8})
  void anyNumberOfWorkersSeesTheSameStep(int world) {
    for (long step = 0; step < 12; step++) {
      List<SampleRef> seen = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        RankSpan span = RankSpan.of(8, rank, world);
        for (int v = span.first(); v < span.end(); v++) {
          seen.addAll(PLAN.samplesOf(step, v));
        }
      }
      assertEquals(LongStream.range(step * 16, step * 16 + 16).mapToObj(PLAN::at).toList(), seen);
    }
  }

  @Test
  void aStepMayReachIntoTheNextEpoch() {
    List<SampleRef> step =
        IntStream.range(0, 8).boxed().flatMap(v -> PLAN.samplesOf(2, v).stream()).toList();
    assertEquals(5, step.stream().filter(draw -> draw.epoch() == 0).count());
    assertEquals(new SampleRef(1, 0, orderOf(PLAN, 1).getFirst()), step.get(5));
  }

  @Test
  void aBatchMayBeLargerThanTheDataset() {
    EpochPlan plan = new EpochPlan(3, 1, 8, 2);
    assertEquals(2, plan.samplesOf(0, 1).getLast().epoch());
    assertEquals(4, plan.samplesPerVirtualRank());
  }

  @Test
  void aTrillionSamplesAreReachedAtOnce() {
    EpochPlan plan = new EpochPlan(1_000_000_000_000L, 3, 1024, 64);
    assertEquals(
        64,
        IntStream.range(0, 64).filter(v -> plan.samplesOf(900_000_000L, v).size() == 16).count());
  }

  @Test
  void replacementsNameEveryOtherSampleOnceAndThenGiveUp() {
    SampleRef original = PLAN.at(40);
    Set<Long> others = new HashSet<>();
    for (int attempt = 0; attempt < 36; attempt++) {
      SampleRef replacement = PLAN.replacement(original, attempt);
      assertEquals(replacement, PLAN.replacement(original, attempt));
      assertEquals(original.place(), replacement.place());
      assertNotEquals(original.sample(), replacement.sample());
      others.add(replacement.sample());
    }
    assertEquals(36, others.size());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> PLAN.replacement(original, 36));
    assertTrue(e.toString().contains("global_max_length"), e.toString());
  }

  @Test
  void aSingleSampleHasNoReplacement() {
    EpochPlan plan = new EpochPlan(1, 1, 1, 1);
    assertThrows(IllegalArgumentException.class, () -> plan.replacement(plan.at(0), 0));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4, 2, 'between 1 and 2^62 samples'",
    "9, 4, 0, 'virtual ranks must be at least 1'",
    "9, 6, 4, 'positive multiple of the virtual ranks'",
    "9, 0, 4, 'positive multiple of the virtual ranks'"
  })
  void refusesSizesThatMakeNoPlan(long samples, int batch, int virtualRanks, String message) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> new EpochPlan(samples, 1, batch, virtualRanks));
    assertTrue(e.toString().contains(message), e.toString());
  }

  @Test
  void refusesStepsAndRanksOutOfRange() {
    assertThrows(IllegalArgumentException.class, () -> PLAN.samplesOf(-1, 0));
    assertThrows(IllegalArgumentException.class, () -> PLAN.samplesOf(0, 8));
    assertThrows(ArithmeticException.class, () -> PLAN.samplesOf(Long.MAX_VALUE, 0));
  }

  private static List<Long> orderOf(EpochPlan plan, long epoch) {
    long first = epoch * plan.samples();
    return LongStream.range(first, first + plan.samples())
        .mapToObj(position -> plan.at(position).sample())
        .toList();
  }
}
