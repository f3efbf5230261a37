package io.lockstep.coordinator;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * When a run is evaluated on held-out records, and what the figures decide. There is an evaluation
 * after the run's last step too; where it is drained there is none, so that the evaluations of a
 * run that goes on are those of an undisturbed one.
 *
 * @param records number of held-out records; 0 for no evaluations
 * @param interval the steps after which the run is evaluated on the way
 * @param metric by which checkpoints and evaluations are compared
 * @param stopping when the run ends early
 */
public record EvaluationPlan(
    int records, StepInterval interval, EvaluationMetric metric, Optional<EarlyStopping> stopping) {

  /** No evaluations. */
  public static final EvaluationPlan NONE =
      new EvaluationPlan(0, StepInterval.NEVER, EvaluationMetric.LOSS, Optional.empty());

  /** Checks the number of records. */
  public EvaluationPlan {
    if (records < 0) {
      throw new IllegalArgumentException("can't evaluate on " + records + " records");
    }
  }

  /** Whether the run is evaluated at all. */
  public boolean isEvaluated() {
    return records > 0;
  }

  /** Whether a run of {@code totalSteps} steps is evaluated after {@code steps}. */
  public boolean isDue(long steps, long totalSteps) {
    return isEvaluated() && steps > 0 && (steps == totalSteps || interval.contains(steps));
  }

  /** The first number of steps above {@code steps} after which it is; at most {@code endAt}. */
  public long nextAfter(long steps, long endAt) {
    return isEvaluated() ? interval.nextAfter(steps, endAt) : endAt;
  }

  /** Whether the last of some evaluations is better than all before it. */
  public boolean endsWithBest(List<CommittedEvaluation> evaluations) {
    return !evaluations.isEmpty()
        && metric.best(evaluations).filter(evaluations.getLast()::equals).isPresent();
  }

  /** The number of steps after which these evaluations end the run early. */
  public OptionalLong stopsAt(List<CommittedEvaluation> evaluations) {
    return stopping
        .flatMap(rule -> rule.end(metric, evaluations))
        .map(last -> OptionalLong.of(last.steps()))
        .orElse(OptionalLong.empty());
  }
}
