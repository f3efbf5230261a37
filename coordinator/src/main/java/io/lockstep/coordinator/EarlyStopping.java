package io.lockstep.coordinator;

import java.util.List;
import java.util.Optional;

/**
 * When a run ends before its last step because evaluations get no better, as the
 * EarlyStoppingCallback of the public Transformers library decides it: an evaluation counts as
 * better if it differs from the best before it, in the right direction, by more than the threshold;
 * after {@code patience} evaluations in a row that are not better the run ends.
 *
 * @param patience at least 1
 * @param threshold in the metric's unit, 0 or more
 */
public record EarlyStopping(int patience, double threshold) {

  /** Checks the numbers. */
  public EarlyStopping {
    if (patience < 1 || !(threshold >= 0)) {
      throw new IllegalArgumentException(
          "can't stop after %d evaluations that are not better by more than %s"
              .formatted(patience, threshold));
    }
  }

  /** The evaluation after which a run ends, if there is one among these. */
  Optional<CommittedEvaluation> end(
      EvaluationMetric metric, List<CommittedEvaluation> evaluations) {
    int waited = 0;
    Optional<Double> best = Optional.empty();
    for (CommittedEvaluation each : evaluations) {
      double figure = metric.of(each);
      boolean improves = metric.improves(figure, best);
      boolean enough = best.isEmpty() || Math.abs(figure - best.get()) > threshold;
      waited = improves && enough ? 0 : waited + 1;
      if (improves) {
        best = Optional.of(figure);
      }
      if (waited >= patience) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }
}
