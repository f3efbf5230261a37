package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.machine.NoticeLimit.Kind;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NoticeLimitTest {

  @Test
  void ofEachKindTheFirstFewInAMinuteAreSaidAndTheOthersCounted() {
    NoticeLimit limit = new NoticeLimit();
    for (int i = 0; i < NoticeLimit.PER_MINUTE; i++) {
      assertTrue(limit.isSaid(Kind.REFUSED, 5 + i));
    }
    assertFalse(limit.isSaid(Kind.REFUSED, 100));
    assertFalse(limit.isSaid(Kind.REFUSED, 101));
    assertTrue(limit.isSaid(Kind.JOINED, 102));
    assertEquals(List.of(), limit.counts(NoticeLimit.MINUTE_MILLIS + 4));
    assertEquals(
        List.of("2 more that had not computed yet were refused within a minute"),
        limit.counts(NoticeLimit.MINUTE_MILLIS + 5));
    assertTrue(limit.isSaid(Kind.REFUSED, NoticeLimit.MINUTE_MILLIS + 6));
    assertEquals(List.of(), limit.counts(3 * NoticeLimit.MINUTE_MILLIS));
  }

  @Test
  void aFloodOfStrangersIsAFewLines() {
    Cluster cluster = Cluster.training(Plans.plan(Path.of("/run"), 2, 100, 0));
    cluster.step(0);
    cluster.notices.clear();
    for (long session = 100; session < 1100; session++) {
      cluster.handle(Cluster.joining(session, "stranger-" + session, "first"));
      cluster.handle(new Event.Failed(session, "no"));
    }
    cluster.pass(NoticeLimit.MINUTE_MILLIS, 1, 2);
    // The run's own two joined in the same minute.
    assertTrue(
        cluster.noticed("992 more that had not computed yet joined within a minute"),
        cluster.notices::toString);
    assertTrue(
        cluster.notices.size() <= 3 * (NoticeLimit.PER_MINUTE + 1), cluster.notices::toString);
  }

  @Test
  void ofWorkersThatHaveComputedEverythingIsSaid() {
    Cluster cluster = Cluster.training(Plans.plan(Path.of("/run"), 2, 100, 0));
    cluster.step(0);
    for (int i = 0; i < 2 * NoticeLimit.PER_MINUTE; i++) {
      cluster.joinAgain(10 + i, "a");
    }
    assertEquals(
        2 * NoticeLimit.PER_MINUTE,
        cluster.notices.stream()
            .filter(notice -> notice.startsWith("a came back on another stream"))
            .count());
  }
}
