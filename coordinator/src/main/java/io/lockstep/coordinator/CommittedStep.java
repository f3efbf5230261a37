package io.lockstep.coordinator;

import java.util.List;

/**
 * The global figures of a committed step, equal for every number of workers.
 *
 * @param generation the membership that computed it
 * @param step counted from 0
 * @param tokens supervised tokens of the global batch, at least 1
 * @param lossSum loss summed over virtual ranks in order, in nats
 * @param correctTokens supervised tokens predicted right
 * @param replaced over-length samples that were replaced, virtual rank by virtual rank
 * @param unreadable records that couldn't be read and were replaced, likewise
 * @param gradNorm Euclidean norm of the gradient after division by {@code tokens}
 * @param buckets number of gradient buckets
 * @param digest CRC32C over the buckets' CRC32C values, each as four little-endian bytes, in bucket
 *     order
 * @param datasets figures of each dataset, ascending; empty in a run with one dataset
 * @param terms of the objective, summed over virtual ranks in order; empty if the loss is all
 * @param counts of samples and tokens, summed over virtual ranks
 */
public record CommittedStep(
    long generation,
    long step,
    long tokens,
    double lossSum,
    long correctTokens,
    List<Long> replaced,
    List<UnreadableRecord> unreadable,
    double gradNorm,
    int buckets,
    int digest,
    List<DatasetSums> datasets,
    List<TermSum> terms,
    StepCounts counts) {

  public CommittedStep {
    replaced = List.copyOf(replaced);
    unreadable = List.copyOf(unreadable);
    datasets = List.copyOf(datasets);
    terms = List.copyOf(terms);
  }

  /** A step without unreadable records, whose objective is the loss alone. */
  public CommittedStep(
      long generation,
      long step,
      long tokens,
      double lossSum,
      long correctTokens,
      List<Long> replaced,
      double gradNorm,
      int buckets,
      int digest,
      List<DatasetSums> datasets) {
    this(
        generation,
        step,
        tokens,
        lossSum,
        correctTokens,
        replaced,
        List.of(),
        gradNorm,
        buckets,
        digest,
        datasets,
        List.of(),
        StepCounts.NONE);
  }

  /** The same step with these records. */
  public CommittedStep withUnreadable(List<UnreadableRecord> records) {
    return new CommittedStep(
        generation,
        step,
        tokens,
        lossSum,
        correctTokens,
        replaced,
        records,
        gradNorm,
        buckets,
        digest,
        datasets,
        terms,
        counts);
  }

  /** The same step with these terms. */
  public CommittedStep withTerms(List<TermSum> sums) {
    return new CommittedStep(
        generation,
        step,
        tokens,
        lossSum,
        correctTokens,
        replaced,
        unreadable,
        gradNorm,
        buckets,
        digest,
        datasets,
        sums,
        counts);
  }

  /** The same step with these counts. */
  public CommittedStep withCounts(StepCounts sums) {
    return new CommittedStep(
        generation,
        step,
        tokens,
        lossSum,
        correctTokens,
        replaced,
        unreadable,
        gradNorm,
        buckets,
        digest,
        datasets,
        terms,
        sums);
  }

  /** Mean loss per supervised token, in nats. */
  public double meanLoss() {
    return lossSum / tokens;
  }
}
