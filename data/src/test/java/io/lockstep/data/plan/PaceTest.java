package io.lockstep.data.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PaceTest {

  private static final int STEPS = 1080;

  @Test
  void nothingIsSaidBeforeTheFirstStep() {
    Pace pace = new Pace();
    assertTrue(pace.remaining(10).isEmpty());
    assertEquals(0, pace.stepsPerSecond());
  }

  @Test
  void anEvenRunHasNoSpread() {
    Pace pace = new Pace();
    for (int i = 0; i < 100; i++) {
      pace.step(2, 0.5);
    }
    assertEquals(2, pace.stepsPerSecond(), 1e-9);
    assertEquals(new Pace.Remaining(50, 50, 50), pace.remaining(100).orElseThrow());
  }

  @Test
  void stepsOfVaryingCostGiveASteadyEstimateWhoseSpreadHoldsTheTruth() {
    Random random = new Random(1);
    Replay replay = replay(random.doubles(STEPS).map(u -> 0.2 * Math.exp(1.2 * u)).toArray());
    assertTrue(replay.error() < 0.06, replay::toString);
    assertTrue(replay.windowError() > 1.5 * replay.error(), replay::toString);
    assertTrue(replay.held() > 0.8, replay::toString);
  }

  @Test
  void checkpointsInBetweenArePartOfThePaceAndDoNotShakeIt() {
    Random random = new Random(2);
    double[] seconds = random.doubles(STEPS, 0.15, 0.25).toArray();
    for (int step = 99; step < STEPS; step += 100) {
      seconds[step] += 2;
    }
    Replay replay = replay(seconds);
    assertTrue(replay.error() < 0.06, replay::toString);
    assertTrue(replay.windowError() > 1.5 * replay.error(), replay::toString);
    assertTrue(replay.held() > 0.8, replay::toString);
  }

  @Test
  void aMachineThatGetsSlowerIsFollowed() {
    Pace pace = new Pace();
    for (int i = 0; i < 400; i++) {
      pace.step(2, i < 200 ? 0.2 : 0.4);
    }
    double seconds = pace.remaining(100).orElseThrow().seconds();
    assertTrue(seconds > 34 && seconds <= 40, "" + seconds);
  }

  @Test
  void anotherNumberOfWorkersHasItsOwnPaceOnceItIsKnown() {
    Pace pace = new Pace();
    steps(pace, 1, 100, 1.0);
    steps(pace, 2, 3, 0.5);
    assertEquals(100, pace.remaining(100).orElseThrow().seconds(), 1e-9);
    steps(pace, 2, 5, 0.5);
    assertEquals(50, pace.remaining(100).orElseThrow().seconds(), 1e-9);
    // A worker left and came back: what was known of two workers still holds.
    steps(pace, 1, 20, 1.0);
    steps(pace, 2, 1, 0.5);
    assertEquals(50, pace.remaining(100).orElseThrow().seconds(), 1e-9);
  }

  private static void steps(Pace pace, int world, int count, double seconds) {
    for (int i = 0; i < count; i++) {
      pace.step(world, seconds);
    }
  }

  /**
   * How estimates did over a run.
   *
   * @param error mean relative error of the estimate
   * @param windowError that of the mean of the last 16 steps
   * @param held share of estimates whose spread held the truth
   */
  private record Replay(double error, double windowError, double held) {}

  private static Replay replay(double[] seconds) {
    Pace pace = new Pace();
    List<Double> last = new ArrayList<>();
    double left = java.util.Arrays.stream(seconds).sum();
    double error = 0;
    double windowError = 0;
    int held = 0;
    int counted = 0;
    for (int i = 0; i < seconds.length - 16; i++) {
      pace.step(2, seconds[i]);
      left -= seconds[i];
      last.add(seconds[i]);
      if (i < 16) {
        continue;
      }
      last.removeFirst();
      int steps = seconds.length - 1 - i;
      double mean = last.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
      Pace.Remaining told = pace.remaining(steps).orElseThrow();
      error += Math.abs(told.seconds() - left) / left;
      windowError += Math.abs(mean * steps - left) / left;
      held += told.low() <= left && left <= told.high() ? 1 : 0;
      counted++;
    }
    return new Replay(error / counted, windowError / counted, (double) held / counted);
  }
}
