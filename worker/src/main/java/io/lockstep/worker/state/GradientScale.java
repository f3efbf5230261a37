package io.lockstep.worker.state;

import io.lockstep.worker.protocol.Directive;

/** What a sum of gradients is multiplied with before the update. */
final class GradientScale {

  private static final double CLIP_EPSILON = 1e-6;

  private GradientScale() {}

  /**
   * One over the tokens of the global batch, smaller if the gradient's norm exceeds the limit.
   *
   * @param maxGradNorm the limit; 0 for none
   */
  static float of(double maxGradNorm, Directive.Commit commit) {
    double clip =
        maxGradNorm == 0 ? 1 : Math.min(1, maxGradNorm / (commit.gradNorm() + CLIP_EPSILON));
    return (float) (clip / commit.tokens());
  }
}
