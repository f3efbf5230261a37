package io.lockstep.model.detection;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.Elementwise;
import io.lockstep.tensor.Ops;

/**
 * The focal loss of a yes or no, which counts what is easy for little (Lin et al., "Focal loss for
 * dense object detection", 2017, equation 5): with p the probability of the right answer it is
 * {@code -alpha (1 - p)^gamma log p}, with {@code 1 - alpha} where the right answer is no.
 *
 * @param alpha weight of what is there, 0 to 1
 * @param gamma how little easy answers count, at least 0; 0 gives the weighted cross entropy
 */
public record Focal(double alpha, double gamma) {

  /** The values of the paper. */
  public static final Focal PUBLISHED = new Focal(0.25, 2);

  /** Checks the ranges. */
  public Focal {
    if (!(alpha >= 0 && alpha <= 1) || !(gamma >= 0 && gamma < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "alpha must be between 0 and 1 and gamma at least 0, not %s and %s"
              .formatted(alpha, gamma));
    }
  }

  /**
   * The sum over all answers, one element.
   *
   * @param logits [N] of yes
   * @param isThere whether yes is right, N of them
   * @param counts whether an answer counts at all, N of them
   */
  public NDArray sum(NDArray logits, boolean[] isThere, boolean[] counts) {
    float[] signs = new float[isThere.length];
    float[] weights = new float[isThere.length];
    for (int i = 0; i < signs.length; i++) {
      signs[i] = isThere[i] ? 1 : -1;
      weights[i] = counts[i] ? (float) (isThere[i] ? -alpha : alpha - 1) : 0;
    }
    NDArray right = Ops.mul(logits, Ops.constant(signs, signs.length));
    NDArray hard = Elementwise.exp(Ops.times(Elementwise.logSigmoid(Ops.times(right, -1)), gamma));
    NDArray losses = Ops.mul(hard, Elementwise.logSigmoid(right));
    return Ops.mul(losses, Ops.constant(weights, weights.length)).sum();
  }
}
