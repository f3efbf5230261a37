package io.lockstep.coordinator;

/**
 * The global figures of a committed step, equal for every number of workers.
 *
 * @param generation the membership that computed it
 * @param step counted from 0
 * @param tokens supervised tokens of the global batch, at least 1
 * @param lossSum loss summed over virtual ranks in order, in nats
 * @param correctTokens supervised tokens predicted right
 * @param replacedSamples over-length samples that were replaced
 * @param gradNorm Euclidean norm of the gradient after division by {@code tokens}
 * @param buckets number of gradient buckets
 * @param digest CRC32C over the buckets' CRC32C values, each as four little-endian bytes, in bucket
 *     order
 */
public record CommittedStep(
    long generation,
    long step,
    long tokens,
    double lossSum,
    long correctTokens,
    long replacedSamples,
    double gradNorm,
    int buckets,
    int digest) {

  /** Mean loss per supervised token, in nats. */
  public double meanLoss() {
    return lossSum / tokens;
  }
}
