package io.lockstep.worker.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** When held-out records are evaluated, and what follows from it. */
class EvaluationConfigTest extends RecipeFixture {

  private static String training(String keys) {
    return LEAST.replace("training: {", "training: {" + keys + ", ");
  }

  private static String heldOut(String recipe) {
    return recipe.replace("train_jsonl:", "val_jsonl: train.jsonl, train_jsonl:");
  }

  @Test
  void heldOutRecordsAreEvaluatedWithEachCheckpointUnlessMoreIsSaid() throws Exception {
    assertFalse(parse(LEAST).isEvaluated());
    RunConfig usual = parse(heldOut(training("save_steps: 20")));
    assertTrue(usual.isEvaluated());
    assertEquals(20, usual.evalEverySteps());
    assertEquals(0, parse(heldOut(training("save_strategy: 'no'"))).evalEverySteps());
    assertEquals(7, parse(heldOut(training("eval_steps: 7"))).evalEverySteps());
    assertEquals(5, parse(heldOut(training("eval_strategy: steps"))).evalEverySteps());
    assertFalse(parse(heldOut(training("eval_strategy: 'no'"))).isEvaluated());
    String delayed = "custom: {save_delay_steps: 30}\n";
    assertEquals(30, parse(heldOut(LEAST) + delayed).evalDelaySteps(100));
    assertEquals(0, parse(heldOut(training("eval_steps: 7")) + delayed).evalDelaySteps(100));
  }

  @Test
  void whatNeedsEvaluationsIsRefusedWithoutThem() {
    assertProblem(
        problems(training("eval_strategy: steps")),
        "training.eval_strategy needs held-out records: name them with data.val_jsonl");
    assertProblem(
        problems(training("eval_steps: 5")),
        "training.eval_steps needs held-out records: name them with data.val_jsonl");
    for (String recipe : List.of(LEAST, heldOut(LEAST))) {
      assertProblem(
          problems(recipe.replace("training: {", "training: {save_strategy: best, ")),
          "training.save_strategy is best, which needs evaluations at steps of their own: set training.eval_strategy: steps and training.eval_steps");
    }
    for (String key :
        List.of(
            "metric_for_best_model: loss",
            "greater_is_better: false",
            "early_stopping_patience: 2")) {
      assertProblem(
          problems(training(key)),
          "training."
              + key.substring(0, key.indexOf(':'))
              + " needs evaluations: set training.eval_strategy: steps");
    }
    assertProblem(
        problems(heldOut(training("early_stopping_patience: 2, save_strategy: 'no'"))),
        "training.early_stopping_patience needs evaluations on the way: set training.eval_steps");
    assertProblem(
        problems(heldOut(training("early_stopping_threshold: 0.1"))),
        "training.early_stopping_threshold has no effect without training.early_stopping_patience");
    assertProblem(
        problems(heldOut(training("eval_strategy: 'no', eval_steps: 5"))),
        "training.eval_steps has no effect with training.eval_strategy: no");
  }

  @Test
  void whatIsBetterFollowsFromTheMetric() throws Exception {
    assertFalse(
        parse(heldOut(training("metric_for_best_model: eval_loss, greater_is_better: false")))
            .training()
            .evaluation()
            .metric()
            .isAccuracy());
    assertTrue(
        parse(heldOut(training("metric_for_best_model: token_acc")))
            .training()
            .evaluation()
            .metric()
            .isAccuracy());
    assertProblem(
        problems(
            heldOut(training("metric_for_best_model: token_accuracy, greater_is_better: false"))),
        "training.greater_is_better is false, but a greater accuracy is better: remove the key");
    assertProblem(
        problems(heldOut(training("greater_is_better: true"))),
        "training.greater_is_better is true, but a lower loss is better: remove the key");
  }
}
