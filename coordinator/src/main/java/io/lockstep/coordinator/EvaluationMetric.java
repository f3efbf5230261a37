package io.lockstep.coordinator;

import java.util.List;
import java.util.Optional;

/** The figure of an evaluation by which models are compared. */
public enum EvaluationMetric {
  /** Mean loss per supervised token: less is better. */
  LOSS("eval_loss", false) {
    @Override
    public double of(CommittedEvaluation evaluation) {
      return evaluation.loss();
    }
  },
  /** Share of supervised tokens that were right: more is better. */
  TOKEN_ACCURACY("eval_token_acc", true) {
    @Override
    public double of(CommittedEvaluation evaluation) {
      return evaluation.tokenAccuracy();
    }
  };

  private final String key;
  private final boolean greaterIsBetter;

  EvaluationMetric(String key, boolean greaterIsBetter) {
    this.key = key;
    this.greaterIsBetter = greaterIsBetter;
  }

  /** The figure; no number if no record could be used. */
  public abstract double of(CommittedEvaluation evaluation);

  /** The figure such that less is better. */
  public double cost(CommittedEvaluation evaluation) {
    return greaterIsBetter ? -of(evaluation) : of(evaluation);
  }

  /** What it is called in logs. */
  public String key() {
    return key;
  }

  /** Whether the greater of two figures is the better one. */
  public boolean greaterIsBetter() {
    return greaterIsBetter;
  }

  /** Whether a figure is strictly better than another; one that is no number never is. */
  public boolean isBetter(double figure, double than) {
    return greaterIsBetter ? figure > than : figure < than;
  }

  /** Whether a figure is the first one that is a number, or strictly better than the best. */
  boolean improves(double figure, Optional<Double> best) {
    return !Double.isNaN(figure) && (best.isEmpty() || isBetter(figure, best.get()));
  }

  /** The best of some evaluations, the earliest of equal ones; empty if none has a figure. */
  public Optional<CommittedEvaluation> best(List<CommittedEvaluation> evaluations) {
    Optional<CommittedEvaluation> best = Optional.empty();
    for (CommittedEvaluation each : evaluations) {
      if (improves(of(each), best.map(this::of))) {
        best = Optional.of(each);
      }
    }
    return best;
  }
}
