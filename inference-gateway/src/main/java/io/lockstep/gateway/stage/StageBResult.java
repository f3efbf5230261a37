package io.lockstep.gateway.stage;

/**
 * How often the verdicts agree with the labels; pass is the positive class.
 *
 * @param groups number of groups judged
 * @param correct verdict and label agree
 * @param falseNegatives labelled pass, judged fail
 * @param falsePositives labelled fail, judged pass
 * @param malformed answers that were no verdict; they count as not correct
 */
public record StageBResult(
    int groups, int correct, int falseNegatives, int falsePositives, int malformed) {

  /** Share of correct verdicts, 0 to 1. */
  public double accuracy() {
    return (double) correct / groups;
  }
}
