package io.lockstep.coordinator;

/**
 * The figures of an evaluation on held-out records, added in the order of the records: equal for
 * every number of workers.
 *
 * @param generation the membership that computed it
 * @param steps committed steps that the evaluated weights hold
 * @param records that could be read and were not too long
 * @param tokens their supervised tokens
 * @param lossSum loss over these, in nats
 * @param correctTokens those whose most probable prediction was right
 */
public record CommittedEvaluation(
    long generation, long steps, int records, long tokens, double lossSum, long correctTokens) {

  /** Mean loss per supervised token, in nats; no number if no record could be used. */
  public double loss() {
    return tokens == 0 ? Double.NaN : lossSum / tokens;
  }

  /** Share of the supervised tokens that were right; no number if no record could be used. */
  public double tokenAccuracy() {
    return tokens == 0 ? Double.NaN : (double) correctTokens / tokens;
  }
}
