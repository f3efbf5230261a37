package io.lockstep.tensor;

import static io.lockstep.tensor.Operator.flag;
import static io.lockstep.tensor.Operator.none;
import static io.lockstep.tensor.Operator.tensor;
import static io.lockstep.tensor.Operator.whole;

import ai.djl.ndarray.NDArray;

/**
 * Operators on distributions that are given by the natural logarithms of their probabilities,
 * differentiable; for results and errors see {@link Ops}.
 */
public final class LogProbabilities {

  private static final Operator LOG_SOFTMAX = Operator.of("log_softmax", "int");
  private static final Operator LOG_ADD_EXP = Operator.of("logaddexp");
  private static final Operator KL_DIV = Operator.of("kl_div");

  /** How libtorch numbers the sum among the reductions of a loss. */
  private static final long REDUCTION_SUM = 2;

  private LogProbabilities() {}

  /** {@code log softmax(logits)} along dim. */
  public static NDArray ofLogits(NDArray logits, int dim) {
    return LOG_SOFTMAX.apply(tensor(logits), whole(dim), none());
  }

  /**
   * The logarithms of {@code weight exp(first) + (1 - weight) exp(second)}, elementwise.
   *
   * @param weight between 0 and 1, both excluded
   */
  public static NDArray mixture(NDArray first, NDArray second, double weight) {
    NDArray a = Ops.plus(first, Math.log(weight));
    NDArray b = Ops.plus(second, Math.log1p(-weight));
    return LOG_ADD_EXP.apply(tensor(a), tensor(b));
  }

  /**
   * The sum over all elements of {@code exp(of) (of - from)}: the Kullback-Leibler divergence KL(of
   * || from), added up over all distributions of the arrays; a tensor with one element.
   */
  public static NDArray divergenceSum(NDArray of, NDArray from) {
    return KL_DIV.apply(tensor(from), tensor(of), whole(REDUCTION_SUM), flag(true));
  }
}
