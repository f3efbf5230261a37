package io.lockstep.tensor;

import static io.lockstep.tensor.Operator.tensor;

import ai.djl.ndarray.NDArray;

/**
 * Operators on each element alone, differentiable; for results and errors see {@link Ops}. Two
 * arguments are broadcast to each other.
 */
public final class Elementwise {

  private static final Operator SIGMOID = Operator.of("sigmoid");
  private static final Operator LOG_SIGMOID = Operator.of("log_sigmoid");
  private static final Operator RELU = Operator.of("relu");
  private static final Operator ABS = Operator.of("abs");
  private static final Operator EXP = Operator.of("exp");
  private static final Operator SIN = Operator.of("sin");
  private static final Operator COS = Operator.of("cos");
  private static final Operator MAXIMUM = Operator.of("maximum");
  private static final Operator MINIMUM = Operator.of("minimum");
  private static final Operator DIVIDE = Operator.of("div", "Tensor");

  private Elementwise() {}

  /** {@code 1 / (1 + exp(-x))}. */
  public static NDArray sigmoid(NDArray x) {
    return SIGMOID.apply(tensor(x));
  }

  /** {@code log(sigmoid(x))}, exact for large negative x too. */
  public static NDArray logSigmoid(NDArray x) {
    return LOG_SIGMOID.apply(tensor(x));
  }

  /** {@code max(x, 0)}. */
  public static NDArray relu(NDArray x) {
    return RELU.apply(tensor(x));
  }

  /** {@code |x|}; its gradient at 0 is 0. */
  public static NDArray abs(NDArray x) {
    return ABS.apply(tensor(x));
  }

  /** {@code e^x}. */
  public static NDArray exp(NDArray x) {
    return EXP.apply(tensor(x));
  }

  /** The sine of x radians. */
  public static NDArray sin(NDArray x) {
    return SIN.apply(tensor(x));
  }

  /** The cosine of x radians. */
  public static NDArray cos(NDArray x) {
    return COS.apply(tensor(x));
  }

  /** The larger of both; equals share the gradient. */
  public static NDArray larger(NDArray x, NDArray y) {
    return MAXIMUM.apply(tensor(x), tensor(y));
  }

  /** The smaller of both; equals share the gradient. */
  public static NDArray smaller(NDArray x, NDArray y) {
    return MINIMUM.apply(tensor(x), tensor(y));
  }

  /** {@code x / y}. */
  public static NDArray quotient(NDArray x, NDArray y) {
    return DIVIDE.apply(tensor(x), tensor(y));
  }
}
