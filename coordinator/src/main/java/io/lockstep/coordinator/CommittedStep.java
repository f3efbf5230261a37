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
 * @param skipped whether a figure was not finite: no weight and no moment changes, and loss, norm
 *     and digest say nothing
 * @param skippedSteps steps that the run skipped so far, this one included
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
    StepCounts counts,
    boolean skipped,
    long skippedSteps) {

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
        StepCounts.NONE,
        false,
        0);
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
        counts,
        skipped,
        skippedSteps);
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
        counts,
        skipped,
        skippedSteps);
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
        sums,
        skipped,
        skippedSteps);
  }

  /** The same step, which is not skipped, of a run that skipped so many. */
  public CommittedStep after(long skips) {
    return with(lossSum, gradNorm, digest, datasets, terms, false, skips);
  }

  /**
   * The same step, which is skipped.
   *
   * @param loss of which it may be that it is not finite, like the norm
   * @param skips steps that the run skipped so far, this one included
   */
  public CommittedStep asSkipped(double loss, double norm, long skips) {
    return with(loss, norm, 0, List.of(), List.of(), true, skips);
  }

  private CommittedStep with(
      double loss,
      double norm,
      int bits,
      List<DatasetSums> ofDatasets,
      List<TermSum> ofTerms,
      boolean isSkipped,
      long skips) {
    return new CommittedStep(
        generation,
        step,
        tokens,
        loss,
        correctTokens,
        replaced,
        unreadable,
        norm,
        buckets,
        bits,
        ofDatasets,
        ofTerms,
        counts,
        isSkipped,
        skips);
  }

  /** Mean loss per supervised token, in nats. */
  public double meanLoss() {
    return lossSum / tokens;
  }
}
