package io.lockstep.model.objective;

import ai.djl.ndarray.NDArray;
import io.lockstep.tensor.LogProbabilities;
import io.lockstep.tensor.Ops;

/**
 * The generalised Jensen-Shannon divergence between a student's and a teacher's next-token
 * distributions (Agarwal et al. 2024, "On-Policy Distillation of Language Models", equation 1).
 *
 * <p>With S and T the distributions after the temperature and M = beta T + (1 - beta) S it is
 * {@code beta KL(T || M) + (1 - beta) KL(S || M)}. At the ends, where that would be 0, it is the
 * limit up to scale: KL(T || S) for beta 0 and KL(S || T) for beta 1.
 *
 * @param beta share of the teacher in the mixture, 0 to 1
 * @param temperature what logits are divided by, more than 0
 */
public record JensenShannon(double beta, double temperature) {

  /** Checks the ranges. */
  public JensenShannon {
    if (!(beta >= 0 && beta <= 1)) {
      throw new IllegalArgumentException("beta must be between 0 and 1, not " + beta);
    }
    if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("temperature must be more than 0, not " + temperature);
    }
  }

  /**
   * The sum of the divergences of N positions, one element; the division by the number of
   * supervised tokens of the whole step comes last, as for the cross entropy. Differentiable in
   * both; compute the teacher's logits without recording and only the student learns.
   *
   * @param student logits [N, V] of the positions that predict a supervised token
   * @param teacher logits [N, V] of the same positions
   */
  public NDArray sum(NDArray student, NDArray teacher) {
    if (!student.getShape().equals(teacher.getShape())) {
      throw new IllegalArgumentException(
          "the student's logits are "
              + student.getShape()
              + ", the teacher's "
              + teacher.getShape()
              + ": both must judge the same positions over one vocabulary");
    }
    NDArray s = distribution(student);
    NDArray t = distribution(teacher);
    if (beta == 0) {
      return LogProbabilities.divergenceSum(t, s);
    }
    if (beta == 1) {
      return LogProbabilities.divergenceSum(s, t);
    }
    NDArray m = LogProbabilities.mixture(t, s, beta);
    NDArray ofTeacher = Ops.times(LogProbabilities.divergenceSum(t, m), beta);
    NDArray ofStudent = Ops.times(LogProbabilities.divergenceSum(s, m), 1 - beta);
    return ofTeacher.add(ofStudent);
  }

  private NDArray distribution(NDArray logits) {
    return LogProbabilities.ofLogits(Ops.times(logits, 1 / temperature), -1);
  }
}
