package io.lockstep.coordinator.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedEvaluation;
import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.EvaluationMetric;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Invariants over many simulated runs; a failure names its seed. More seeds: {@code
 * -Dlockstep.seeds=10000}, from another first one: {@code -Dlockstep.first.seed=1}.
 */
final class SimulationTest {
  private static final long SEEDS = Long.getLong("lockstep.seeds", 400);
  private static final long FIRST_SEED = Long.getLong("lockstep.first.seed", 0);

  @Test
  void everyRunFinishesWithEveryStepOnceWhateverHappens() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      named(seed, Scenario::small);
    }
  }

  @Test
  void aRunThatIsDrainedAtAnyMomentEndsWithWhatItComputedLast() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      named(seed, Scenario::drained);
    }
  }

  @Test
  void everyRunFinishesWhateverIsLostRepeatedOrDelayedWhileWorkersJoin() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      named(seed, Scenario::troubledJoining);
    }
  }

  @Test
  void nothingThatStrangersSayEndsARunOrChangesAStep() {
    List<CommittedStep> alone =
        Scenario.withCoordinatorDyingAt(Long.MAX_VALUE).invariants().steps();
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS / 4; seed++) {
      assertEquals(alone, named(seed, Scenario::amongStrangers).invariants().steps());
    }
  }

  @Test
  void workersThatSayOnceThatTheyHaveLoadedAreFoundOut() {
    long seed = 0;
    while (seed < SEEDS && isSound(seed)) {
      seed++;
    }
    assertTrue(seed < SEEDS, "none of " + SEEDS + " runs finds that a word was lost");
  }

  private static boolean isSound(long seed) {
    try {
      Scenario.sayingEverythingOnce(seed);
      return true;
    } catch (AssertionError lost) {
      return false;
    }
  }

  @Test
  void everyCommittedStepSurvivesTheCoordinatorsDeathBetweenAnyTwoActions() {
    long actions = Scenario.withCoordinatorDyingAt(Long.MAX_VALUE).coordinator().actions();
    for (long number = 0; number < actions; number++) {
      Simulation run = named(number, Scenario::withCoordinatorDyingAt);
      assertEquals(0, run.invariants().recomputed(), "killed before action " + number);
    }
  }

  @Test
  void oneDeathAtATimeNeverCostsACommittedStep() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS / 4; seed++) {
      assertEquals(
          0, named(seed, Scenario::withOneDeathAtATime).invariants().rewinds(), "seed " + seed);
    }
  }

  @Test
  void evaluationsEndARunAfterTheSameStepHoweverManyWorkersComeAndGo() {
    Simulation alone = Scenario.stoppingEarly(0, 1);
    List<CommittedEvaluation> evaluations = alone.invariants().evaluations();
    assertTrue(alone.invariants().committed() < 60, "it doesn't end early: " + evaluations);
    for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS / 4; seed++) {
      Invariants run =
          named(seed, each -> Scenario.stoppingEarly(each, (int) (2 + each % 4))).invariants();
      assertEquals(alone.invariants().committed(), run.committed(), "seed " + seed);
      assertEquals(evaluations, run.evaluations(), "seed " + seed);
      EvaluationMetric.LOSS
          .best(evaluations)
          .ifPresent(best -> assertTrue(run.wasSaved(best.steps()), "the best isn't saved"));
    }
  }

  @Test
  void thousandWorkersAreNoMoreTrouble() {
    for (long seed = FIRST_SEED; seed < FIRST_SEED + 2; seed++) {
      named(seed, each -> Scenario.large(each, 1000));
    }
  }

  private interface Run {
    Simulation of(long seed);
  }

  private static Simulation named(long seed, Run run) {
    try {
      return run.of(seed);
    } catch (AssertionError broken) {
      throw new AssertionError("seed " + seed, broken);
    }
  }
}
