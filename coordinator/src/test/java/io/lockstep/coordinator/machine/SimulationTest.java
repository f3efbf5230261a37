package io.lockstep.coordinator.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lockstep.coordinator.CommittedStep;
import io.lockstep.coordinator.Plans;
import io.lockstep.coordinator.RunPlan;
import io.lockstep.coordinator.machine.Simulation.Fault;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Invariants over many simulated runs; a failure names its seed. */
final class SimulationTest {
  private static final int SEEDS = 200;

  @Test
  void everyRunCommitsTheSameStepsWhateverTheNumberOfWorkers() {
    for (long seed = 0; seed < SEEDS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      long steps = random.nextLong(1, 40);
      long saveEvery = random.nextLong(0, 8);
      List<CommittedStep> alone = run(seed, plan(1, steps, saveEvery), Fault.NONE).commits();
      assertEquals(steps, alone.size());
      for (int workers = 2; workers <= 4; workers++) {
        Simulation simulation = run(seed, plan(workers, steps, saveEvery), Fault.NONE);
        assertTrue(simulation.outcome().finished(), simulation.outcome()::reason);
        assertEquals(alone, simulation.commits(), "seed " + seed);
        assertEquals(steps, simulation.checkpoints().getLast());
      }
    }
  }

  @Test
  void checkpointsComeAtTheIntervalAndAtTheEnd() {
    assertEquals(List.of(3L, 6L, 7L), run(1, plan(3, 7, 3), Fault.NONE).checkpoints());
    assertEquals(List.of(7L), run(1, plan(3, 7, 0), Fault.NONE).checkpoints());
  }

  @ParameterizedTest
  @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void faultEndsTheRunForEverybody(Fault fault) {
    for (long seed = 0; seed < SEEDS; seed++) {
      int workers = 1 + (int) (seed % 4);
      Simulation simulation = run(seed, plan(workers, 200, 17), fault);
      assertFalse(simulation.outcome().finished(), "seed " + seed);
    }
  }

  private static RunPlan plan(int workers, long steps, long saveEvery) {
    return Plans.plan(Path.of("run"), workers, steps, saveEvery);
  }

  private static Simulation run(long seed, RunPlan plan, Fault fault) {
    try {
      return Simulation.run(seed, plan, fault);
    } catch (AssertionError broken) {
      throw new AssertionError("seed " + seed + ", " + plan.workers() + " workers", broken);
    }
  }
}
