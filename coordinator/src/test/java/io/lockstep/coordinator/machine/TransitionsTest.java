package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.Phase;
import io.lockstep.coordinator.Plans;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The machine goes through each transition of its table, and through no other. */
final class TransitionsTest {

  /**
   * A transition of the table.
   *
   * @param cluster one whose run is in the phase
   * @param trigger what makes the transition happen
   */
  record Row(
      Phase from, Transition transition, Supplier<Cluster> cluster, Consumer<Cluster> trigger) {

    @Override
    public String toString() {
      return from + " -> " + transition;
    }
  }

  // ---- runs in each phase

  private static Cluster waiting() {
    return new Cluster(Plans.plan(1, 9, 0));
  }

  private static Cluster forming() {
    return Cluster.joined(Plans.plan(2, 9, 0));
  }

  private static Cluster training() {
    return Cluster.training(Plans.plan(2, 9, 0));
  }

  /** All steps are committed, and nobody has written its part of the last checkpoint. */
  private static Cluster savingTheLast() {
    Cluster cluster = Cluster.training(Plans.plan(2, 1, 0));
    cluster.step(0);
    return cluster;
  }

  /** The checkpoint at step 2 is due and the one at step 1 not complete. */
  private static Cluster savingOneAfterAnother() {
    Cluster cluster = Cluster.training(Plans.plan(2, 9, 1));
    cluster.step(0);
    cluster.step(1);
    return cluster;
  }

  // ---- triggers

  private static void drain(Cluster cluster) {
    cluster.handle(new Event.DrainRequested("ann"));
  }

  private static void loseOne(Cluster cluster) {
    cluster.handle(new Event.Lost(2, "killed"));
  }

  private static void loseAll(Cluster cluster) {
    cluster.eachSession(session -> cluster.handle(new Event.Leaving(session, "maintenance")));
    cluster.eachSession(session -> cluster.handle(new Event.Lost(session, "killed")));
  }

  private static void abort(Cluster cluster) {
    cluster.handle(new Event.Aborted("the disk is gone"));
  }

  static Stream<Row> table() {
    return Stream.of(
        new Row(
            Phase.WAITING,
            Transition.EPOCH_FORMED,
            TransitionsTest::waiting,
            cluster -> cluster.join(1)),
        new Row(
            Phase.FORMING,
            Transition.EPOCH_FORMED,
            TransitionsTest::forming,
            TransitionsTest::loseOne),
        new Row(
            Phase.TRAINING,
            Transition.EPOCH_FORMED,
            TransitionsTest::training,
            TransitionsTest::loseOne),
        new Row(
            Phase.SAVING,
            Transition.EPOCH_FORMED,
            TransitionsTest::savingTheLast,
            TransitionsTest::loseOne),
        new Row(
            Phase.FORMING,
            Transition.EPOCH_READY,
            TransitionsTest::forming,
            cluster -> cluster.ready(1, 1, 2)),
        new Row(
            Phase.FORMING,
            Transition.QUORUM_LOST,
            TransitionsTest::forming,
            TransitionsTest::loseAll),
        new Row(
            Phase.TRAINING,
            Transition.QUORUM_LOST,
            TransitionsTest::training,
            TransitionsTest::loseAll),
        new Row(
            Phase.SAVING,
            Transition.QUORUM_LOST,
            TransitionsTest::savingTheLast,
            TransitionsTest::loseAll),
        new Row(
            Phase.TRAINING,
            Transition.CHECKPOINT_AWAITED,
            () -> Cluster.training(Plans.plan(2, 1, 0)),
            cluster -> cluster.step(0)),
        new Row(
            Phase.SAVING,
            Transition.STEPS_LEASED,
            TransitionsTest::savingOneAfterAnother,
            cluster -> cluster.save(1)),
        new Row(
            Phase.WAITING,
            Transition.RUN_COMPLETED,
            TransitionsTest::waiting,
            TransitionsTest::drain),
        new Row(
            Phase.FORMING,
            Transition.RUN_COMPLETED,
            TransitionsTest::forming,
            TransitionsTest::drain),
        new Row(
            Phase.SAVING,
            Transition.RUN_COMPLETED,
            TransitionsTest::savingTheLast,
            cluster -> cluster.save(1)),
        new Row(
            Phase.WAITING, Transition.RUN_FAILED, TransitionsTest::waiting, TransitionsTest::abort),
        new Row(
            Phase.FORMING, Transition.RUN_FAILED, TransitionsTest::forming, TransitionsTest::abort),
        new Row(
            Phase.TRAINING,
            Transition.RUN_FAILED,
            TransitionsTest::training,
            TransitionsTest::abort),
        new Row(
            Phase.SAVING,
            Transition.RUN_FAILED,
            TransitionsTest::savingTheLast,
            TransitionsTest::abort));
  }

  @ParameterizedTest
  @MethodSource("table")
  void theTriggerLeadsToTheNextPhase(Row row) {
    Cluster cluster = row.cluster().get();
    assertEquals(row.from(), cluster.phase());
    cluster.phases.clear();
    row.trigger().accept(cluster);
    assertEquals(row.transition().to(), cluster.phases.getFirst(), cluster.phases::toString);
  }

  @Test
  void theTableIsWhole() {
    Set<String> driven = table().map(Row::toString).collect(Collectors.toSet());
    Set<String> allowed =
        Arrays.stream(Transition.values())
            .flatMap(
                transition -> transition.from().stream().map(from -> from + " -> " + transition))
            .collect(Collectors.toSet());
    assertEquals(allowed, driven);
  }

  @ParameterizedTest
  @EnumSource(Transition.class)
  void elsewhereATransitionIsRefusedWithTheStateOfTheRun(Transition transition) {
    for (Phase phase : EnumSet.complementOf(EnumSet.copyOf(transition.from()))) {
      IllegalStateException refused =
          assertThrows(
              IllegalStateException.class, () -> transition.apply(phase, "at step 3 of 9"));
      assertEquals(
          "%s may happen in %s, not in %s; the run is at step 3 of 9"
              .formatted(transition, transition.from(), phase),
          refused.getMessage());
    }
  }

  @Test
  void nothingFollowsTheEnd() {
    for (Transition transition : Transition.values()) {
      assertTrue(transition.from().stream().noneMatch(Phase::ended), transition::toString);
    }
    Cluster cluster = waiting();
    abort(cluster);
    assertEquals(List.of(), cluster.machine.handle(new Event.Tick(), cluster.now + 1));
    assertEquals(Phase.FAILED, cluster.phase());
  }
}
