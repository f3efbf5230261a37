package io.lockstep.cli.stage;

import io.lockstep.cli.console.UserError;
import java.util.List;

/**
 * How often the verdicts agree with the labels; pass is the positive class.
 *
 * @param groups number of groups judged
 * @param correct verdict and label agree
 * @param falseNegatives labelled pass, judged fail
 * @param falsePositives labelled fail, judged pass
 * @param malformed answers that were no verdict; they count as not correct
 * @param cut answers that the limit of new tokens has cut off, verdicts or not
 * @param unanswered one line on each group without an answer; they count as not correct
 */
public record StageBResult(
    int groups,
    int correct,
    int falseNegatives,
    int falsePositives,
    int malformed,
    int cut,
    List<String> unanswered) {

  public StageBResult {
    unanswered = List.copyOf(unanswered);
  }

  /** Share of correct verdicts, 0 to 1; not a number if no group has an answer. */
  public double accuracy() {
    return unanswered.size() == groups ? Double.NaN : (double) correct / groups;
  }

  /** How many of the answers the limit has cut off, in one line. */
  public String cutLine() {
    return StageAResult.cut(cut, groups - unanswered.size());
  }

  /**
   * Nothing, if every group has an answer.
   *
   * @throws UserError naming the first group without one
   */
  public void requireAnswers() {
    if (!unanswered.isEmpty()) {
      throw new UserError(
          "%d of %d groups have no answer, the first: %s"
              .formatted(unanswered.size(), groups, unanswered.getFirst()));
    }
  }
}
