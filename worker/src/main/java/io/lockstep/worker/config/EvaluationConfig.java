package io.lockstep.worker.config;

import io.lockstep.config.Checked;
import io.lockstep.config.Key;
import io.lockstep.config.Place;
import java.util.Optional;

/**
 * When a run is evaluated on held-out records, and what the figures decide. The keys are those of
 * the public Transformers library.
 *
 * @param evalStrategy whether it is evaluated; if it is absent, with each checkpoint, or at {@code
 *     evalSteps} where those are given
 * @param evalSteps every so many steps; if it is absent, with each line of metrics
 * @param metricForBestModel by which models are compared; if it is absent, the loss
 * @param greaterIsBetter follows from the metric; refused if it contradicts it
 * @param earlyStoppingPatience so many evaluations in a row that are not better end the run
 * @param earlyStoppingThreshold by how much one has to be better to count
 */
public record EvaluationConfig(
    @Key(
            value =
                "Whether the run is evaluated on its held-out records (`val_jsonl`): `steps`, every `eval_steps` and at the end, or `no`. Unless it is given, with each checkpoint at `save_steps` and at the end, or every `eval_steps` if those are given.",
            changesWeights = false)
        Optional<Strategy> evalStrategy,
    @Key(
            value =
                "An evaluation every so many steps; with `eval_strategy: steps` every `logging_steps` unless it is given.",
            min = 1,
            changesWeights = false)
        Optional<Long> evalSteps,
    @Key(
            value =
                "The figure by which evaluations are compared: `loss` unless it is given, or `token_accuracy`, each also with `eval_` before it.",
            changesWeights = false)
        Optional<BestMetric> metricForBestModel,
    @Key(
            value = "Follows from `metric_for_best_model`; refused if it contradicts it.",
            changesWeights = false)
        Optional<Boolean> greaterIsBetter,
    // Decides where a run ends, not what it learns until then.
    @Key(
            value =
                "So many evaluations in a row whose `metric_for_best_model` is not better end the run, with a checkpoint.",
            min = 1,
            changesWeights = false)
        Optional<Integer> earlyStoppingPatience,
    @Key(
            value =
                "By how much an evaluation has to be better than the best before it for `early_stopping_patience`.",
            otherwise = "0.0",
            min = 0,
            max = 1e9,
            changesWeights = false)
        double earlyStoppingThreshold)
    implements Checked {

  /** Nothing is said. */
  static final EvaluationConfig DEFAULT =
      new EvaluationConfig(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          0.0);

  /** Whether a run is evaluated. */
  public enum Strategy {
    /** Not at all. */
    NO,
    /** Every so many steps, and at the end. */
    STEPS
  }

  /** By what evaluations are compared, under its names. */
  public enum BestMetric {
    /** Mean loss per supervised token. */
    LOSS(false),
    /** The same. */
    EVAL_LOSS(false),
    /** Share of supervised tokens that are predicted right. */
    TOKEN_ACCURACY(true),
    /** The same. */
    EVAL_TOKEN_ACCURACY(true),
    /** The same, as it is called in logs. */
    TOKEN_ACC(true),
    /** The same. */
    EVAL_TOKEN_ACC(true);

    private final boolean accuracy;

    BestMetric(boolean accuracy) {
      this.accuracy = accuracy;
    }

    /** Whether it is the accuracy, of which more is better; the loss if not. */
    public boolean isAccuracy() {
      return accuracy;
    }
  }

  @Override
  public void check(Place section) {
    if (evalStrategy.filter(Strategy.NO::equals).isPresent() && evalSteps.isPresent()) {
      section
          .at("eval_steps")
          .problem("has no effect with training.eval_strategy: no: write steps, or remove it");
    }
    greaterIsBetter
        .filter(greater -> greater != metric().isAccuracy())
        .ifPresent(greater ->
            section
                .at("greater_is_better")
                .problem(
                    "is %s, but %s is better: remove the key, it follows from metric_for_best_model"
                        .formatted(
                            greater,
                            metric().isAccuracy() ? "a greater accuracy" : "a lower loss")));
    if (earlyStoppingThreshold > 0 && earlyStoppingPatience.isEmpty()) {
      section
          .at("early_stopping_threshold")
          .problem("has no effect without training.early_stopping_patience: set it, 1 or more");
    }
  }

  /** By what evaluations are compared. */
  public BestMetric metric() {
    return metricForBestModel.orElse(BestMetric.LOSS);
  }

  /** Whether the recipe says that the run is not to be evaluated. */
  boolean isOff() {
    return evalStrategy.filter(Strategy.NO::equals).isPresent();
  }

  /** Whether evaluations have steps of their own, other than those of checkpoints. */
  boolean hasOwnSteps() {
    return evalSteps.isPresent() || evalStrategy.filter(Strategy.STEPS::equals).isPresent();
  }

  /**
   * What the recipe asks for that only an evaluated run can give; empty if there is no such key.
   */
  Optional<String> needsEvaluations() {
    return metricForBestModel.isPresent()
        ? Optional.of("metric_for_best_model")
        : greaterIsBetter.isPresent()
            ? Optional.of("greater_is_better")
            : earlyStoppingPatience.map(_ -> "early_stopping_patience");
  }
}
