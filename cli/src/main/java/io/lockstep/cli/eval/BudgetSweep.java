package io.lockstep.cli.eval;

import io.lockstep.cli.console.UserError;
import io.lockstep.model.budget.TokenBudget;
import io.lockstep.model.checkpoint.LoadedModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Evaluates one model at several token budgets, the largest first.
 *
 * @param budgets each once, descending
 */
public record BudgetSweep(List<TokenBudget> budgets) {

  /** Checks and sorts the budgets. */
  public BudgetSweep {
    List<TokenBudget> sorted =
        budgets.stream().distinct().sorted((a, b) -> Double.compare(b.share(), a.share())).toList();
    if (sorted.size() != budgets.size() || sorted.size() < 2) {
      throw new UserError(
          "--sweep-token-budget needs at least two different budgets, for example 1.0,0.75,0.5,0.25");
    }
    budgets = sorted;
  }

  /**
   * One score for each budget, in their order.
   *
   * @param dataset the target of a fusion whose questions these are, or nothing
   * @param folder where the answers go, a file {@code answers-BUDGET.jsonl} for each budget
   */
  public List<Score> run(LoadedModel model, Evaluation evaluation, String dataset, Path folder)
      throws IOException {
    evaluation.warmUp(model);
    List<Score> scores = new ArrayList<>();
    for (TokenBudget budget : budgets) {
      model.replaceTokenBudget(budget, "--sweep-token-budget");
      Path file = folder.resolve("answers-%s.jsonl".formatted(budget.share()));
      try (AnswerLog answers = AnswerLog.open(file)) {
        scores.add(evaluation.run(model, answer -> answers.add(dataset, budget.share(), answer)));
      }
    }
    return List.copyOf(scores);
  }
}
