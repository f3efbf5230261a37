package io.lockstep.coordinator;

/**
 * What the tokens of one dataset contributed.
 *
 * @param dataset its place in the run's configuration, from 0
 * @param lossSum over its supervised tokens, in nats
 * @param tokens its supervised tokens
 * @param correctTokens those that were predicted right
 */
public record DatasetSums(int dataset, double lossSum, long tokens, long correctTokens) {

  /** The sums over both. */
  public DatasetSums plus(DatasetSums other) {
    return new DatasetSums(
        dataset,
        lossSum + other.lossSum,
        tokens + other.tokens,
        correctTokens + other.correctTokens);
  }
}
