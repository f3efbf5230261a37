package io.lockstep.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class SavePlanTest {

  private static final long STEPS = 100;

  @Test
  void checkpointsAreDueAtTheInterval() {
    assertEquals(List.of(30L, 60L, 90L), due(SavePlan.every(30)));
    assertEquals(List.of(), due(SavePlan.every(0)));
  }

  @Test
  void noneIsDueBeforeTheDelay() {
    assertEquals(List.of(60L, 90L), due(new SavePlan(30, 31, Retention.ALL)));
    assertEquals(List.of(30L, 60L, 90L), due(new SavePlan(30, 30, Retention.ALL)));
    assertEquals(List.of(), due(new SavePlan(30, 1000, Retention.ALL)));
  }

  @Test
  void theNextOneIsTheFirstThatIsDue() {
    for (SavePlan plan :
        List.of(
            SavePlan.every(0),
            SavePlan.every(7),
            new SavePlan(30, 31, Retention.ALL),
            new SavePlan(7, 21, Retention.ALL))) {
      for (long steps = 0; steps < STEPS; steps++) {
        long from = steps;
        long expected =
            LongStream.rangeClosed(from + 1, 2 * STEPS)
                .filter(plan::isDue)
                .findFirst()
                .orElse(Long.MAX_VALUE);
        assertEquals(expected, plan.nextAfter(steps), plan + " after " + steps);
      }
    }
  }

  @Test
  void hugeNumbersDontOverflow() {
    SavePlan plan = new SavePlan(Long.MAX_VALUE / 2 + 1, Long.MAX_VALUE, Retention.ALL);
    assertEquals(Long.MAX_VALUE, plan.nextAfter(Long.MAX_VALUE - 1));
  }

  @Test
  void negativeNumbersAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> SavePlan.every(-1));
    assertThrows(IllegalArgumentException.class, () -> new SavePlan(1, -1, Retention.ALL));
    assertThrows(IllegalArgumentException.class, () -> new Retention(-1, 0));
  }

  private static List<Long> due(SavePlan plan) {
    return LongStream.rangeClosed(1, STEPS).filter(plan::isDue).boxed().toList();
  }
}
