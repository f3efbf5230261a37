package io.lockstep.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private long now;
  private final Progress progress = new Progress(() -> now, "waiting for the coordinator");

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private boolean isAlive() {
    return progress.condition().ok();
  }

  @Test
  void whoRestsIsAliveHoweverLong() {
    pass(Duration.ofDays(3));
    assertEquals(
        Health.Condition.good("waiting for the coordinator for 259200 s"), progress.condition());
  }

  @Test
  void theFirstPieceOfWorkMayTakeAnHour() {
    progress.begin("computing step 0");
    pass(Progress.FIRST);
    assertTrue(isAlive());
    pass(Duration.ofSeconds(1));
    assertEquals(
        Health.Condition.bad(
            "stuck: no progress for 3601 s, longer than 3600 s; it was computing step 0"),
        progress.condition());
  }

  @Test
  void shortStepsAreWaitedForTheLeastLimit() {
    progress.begin("computing step 0");
    pass(Duration.ofSeconds(2));
    progress.done();
    pass(Progress.LEAST);
    assertTrue(isAlive());
    pass(Duration.ofSeconds(1));
    assertFalse(isAlive());
    progress.sign();
    assertTrue(isAlive(), "it got on after all");
  }

  @Test
  void longStepsAreWaitedForTenTimes() {
    progress.begin("computing step 0");
    pass(Duration.ofMinutes(20));
    progress.done();
    pass(Duration.ofMinutes(200));
    assertTrue(isAlive());
    pass(Duration.ofSeconds(1));
    assertFalse(isAlive());
  }

  @Test
  void aLongRestIsNoStep() {
    progress.begin("computing step 0");
    progress.done();
    progress.rest("waiting for the commit of step 0");
    pass(Duration.ofDays(1));
    progress.begin("computing step 1");
    pass(Progress.LEAST.plusSeconds(1));
    assertFalse(isAlive());
  }
}
