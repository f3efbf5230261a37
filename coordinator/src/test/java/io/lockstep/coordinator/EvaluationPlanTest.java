package io.lockstep.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class EvaluationPlanTest {

  private static List<CommittedEvaluation> losses(double... losses) {
    List<CommittedEvaluation> evaluations = new ArrayList<>();
    for (double loss : losses) {
      evaluations.add(new CommittedEvaluation(1, 10L * (evaluations.size() + 1), 4, 1, loss, 0));
    }
    return evaluations;
  }

  private static OptionalLong stop(int patience, double threshold, double... losses) {
    return new EvaluationPlan(
            4,
            new StepInterval(10, 0),
            EvaluationMetric.LOSS,
            Optional.of(new EarlyStopping(patience, threshold)))
        .stopsAt(losses(losses));
  }

  @Test
  void patienceCountsEvaluationsInARowThatAreNotBetter() {
    assertEquals(OptionalLong.empty(), stop(2, 0, 3, 2, 2, 1, 1));
    assertEquals(OptionalLong.of(60), stop(2, 0, 3, 2, 2, 1, 1, 1, 0.5));
    assertEquals(OptionalLong.of(20), stop(1, 0, 3, 3));
    assertEquals(OptionalLong.of(20), stop(1, 0, 3, Double.NaN));
  }

  /** The public callback compares with the best before, which any improvement replaces. */
  @Test
  void anImprovementWithinTheThresholdIsTheBestButNotEnough() {
    assertEquals(OptionalLong.of(40), stop(3, 0.1, 1, 0.95, 0.9, 0.85, 0.1));
    assertEquals(OptionalLong.empty(), stop(3, 0.1, 1, 0.95, 0.9, 0.7, 0.65, 0.6));
  }

  @Test
  void theEarliestOfEqualFiguresIsTheBestAndNoNumberNever() {
    List<CommittedEvaluation> evaluations = losses(Double.NaN, 2, 1, 1);
    assertEquals(30, EvaluationMetric.LOSS.best(evaluations).orElseThrow().steps());
    assertEquals(Optional.empty(), EvaluationMetric.LOSS.best(losses(Double.NaN)));
    CommittedEvaluation right = new CommittedEvaluation(1, 50, 4, 4, 9, 3);
    assertEquals(
        right,
        EvaluationMetric.TOKEN_ACCURACY.best(List.of(evaluations.get(1), right)).orElseThrow());
    assertTrue(EvaluationMetric.TOKEN_ACCURACY.cost(right) < 0);
  }

  @Test
  void aRunIsEvaluatedAtItsOwnEndToo() {
    EvaluationPlan plan =
        new EvaluationPlan(4, new StepInterval(10, 20), EvaluationMetric.LOSS, Optional.empty());
    assertTrue(plan.isDue(25, 25));
    assertTrue(plan.isDue(20, 25));
    assertFalse(plan.isDue(10, 25));
    assertEquals(25, plan.nextAfter(20, 25));
    assertFalse(EvaluationPlan.NONE.isDue(25, 25));
  }

  @Test
  void numbersThatCannotBeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new EarlyStopping(0, 0));
    assertThrows(IllegalArgumentException.class, () -> new EarlyStopping(1, Double.NaN));
  }
}
