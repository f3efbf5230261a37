package io.lockstep.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class CheckpointScheduleTest {

  private static final long STEPS = 100;
  private static final long NEVER = Long.MAX_VALUE;

  @Test
  void checkpointsAreDueAtTheInterval() {
    assertEquals(List.of(30L, 60L, 90L), due(CheckpointSchedule.every(30)));
    assertEquals(List.of(), due(CheckpointSchedule.every(0)));
  }

  @Test
  void noneIsDueBeforeTheDelay() {
    assertEquals(List.of(60L, 90L), due(new CheckpointSchedule(30, 31, Retention.ALL)));
    assertEquals(List.of(30L, 60L, 90L), due(new CheckpointSchedule(30, 30, Retention.ALL)));
    assertEquals(List.of(), due(new CheckpointSchedule(30, 1000, Retention.ALL)));
  }

  @Test
  void theNextOneIsTheFirstThatIsDue() {
    for (CheckpointSchedule schedule :
        List.of(
            CheckpointSchedule.every(0),
            CheckpointSchedule.every(7),
            new CheckpointSchedule(30, 31, Retention.ALL),
            new CheckpointSchedule(7, 21, Retention.ALL))) {
      for (long steps = 0; steps < STEPS; steps++) {
        long from = steps;
        long expected =
            LongStream.rangeClosed(from + 1, 2 * STEPS)
                .filter(later -> schedule.isDue(later, NEVER))
                .findFirst()
                .orElse(Long.MAX_VALUE);
        assertEquals(expected, schedule.nextAfter(steps, NEVER), schedule + " after " + steps);
      }
    }
  }

  @Test
  void oneIsDueAtTheEnd() {
    CheckpointSchedule schedule = CheckpointSchedule.every(30);
    assertTrue(schedule.isDue(STEPS, STEPS));
    assertEquals(90, schedule.nextAfter(60, STEPS));
    assertEquals(STEPS, schedule.nextAfter(90, STEPS));
    assertEquals(STEPS, CheckpointSchedule.every(0).nextAfter(0, STEPS));
  }

  @Test
  void hugeNumbersDontOverflow() {
    CheckpointSchedule schedule =
        new CheckpointSchedule(Long.MAX_VALUE / 2 + 1, Long.MAX_VALUE, Retention.ALL);
    assertEquals(Long.MAX_VALUE, schedule.nextAfter(Long.MAX_VALUE - 1, NEVER));
  }

  @Test
  void negativeNumbersAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> CheckpointSchedule.every(-1));
    assertThrows(
        IllegalArgumentException.class, () -> new CheckpointSchedule(1, -1, Retention.ALL));
    assertThrows(IllegalArgumentException.class, () -> new Retention(-1, 0));
  }

  private static List<Long> due(CheckpointSchedule schedule) {
    return LongStream.rangeClosed(1, STEPS)
        .filter(steps -> schedule.isDue(steps, NEVER))
        .boxed()
        .toList();
  }
}
