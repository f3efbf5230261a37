package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.machine.Newcomers.News;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NewcomersTest {

  @Test
  void ofEachKindTheFirstFewInAMinuteAreSaidAndTheOthersCounted() {
    Newcomers newcomers = new Newcomers();
    for (int i = 0; i < Newcomers.FEW; i++) {
      assertTrue(newcomers.isSaid(News.REFUSED, 5 + i));
    }
    assertFalse(newcomers.isSaid(News.REFUSED, 100));
    assertFalse(newcomers.isSaid(News.REFUSED, 101));
    assertTrue(newcomers.isSaid(News.JOINED, 102));
    assertEquals(List.of(), newcomers.counts(Newcomers.MINUTE_MILLIS + 4));
    assertEquals(
        List.of("2 more that had not computed yet were refused within a minute"),
        newcomers.counts(Newcomers.MINUTE_MILLIS + 5));
    assertTrue(newcomers.isSaid(News.REFUSED, Newcomers.MINUTE_MILLIS + 6));
    assertEquals(List.of(), newcomers.counts(3 * Newcomers.MINUTE_MILLIS));
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
    cluster.pass(Newcomers.MINUTE_MILLIS, 1, 2);
    // The run's own two joined in the same minute.
    assertTrue(
        cluster.noticed("992 more that had not computed yet joined within a minute"),
        cluster.notices::toString);
    assertTrue(cluster.notices.size() <= 3 * (Newcomers.FEW + 1), cluster.notices::toString);
  }

  @Test
  void ofWorkersThatHaveComputedEverythingIsSaid() {
    Cluster cluster = Cluster.training(Plans.plan(Path.of("/run"), 2, 100, 0));
    cluster.step(0);
    for (int i = 0; i < 2 * Newcomers.FEW; i++) {
      cluster.joinAgain(10 + i, "a");
    }
    assertEquals(
        2 * Newcomers.FEW,
        cluster.notices.stream()
            .filter(notice -> notice.startsWith("a came back on another stream"))
            .count());
  }
}
