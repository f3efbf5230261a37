package io.lockstep.model.align;

import io.lockstep.model.align.Compare.Floats;
import io.lockstep.model.network.ModelConfig;
import io.lockstep.model.parameter.Weights;
import io.lockstep.tensor.Dtype;
import io.lockstep.tensor.Scope;

/**
 * How far a rounding in each linear layer moves what a model computes, measured: the model is
 * computed again with every element that such a layer reads or gives off by {@value #SHARE} of
 * itself, up or down by chance, and what a row moves is scaled down to half a unit in the last
 * place, 2^-24. So large a disturbance stands out from the rounding of the measurement itself and
 * is still small enough to be proportional. It is measured in float32 whatever the model computes
 * in, as how far an error spreads follows from the model, not from what makes the error.
 *
 * <p>A matrix product whose terms are each rounded is the exact product of such disturbed operands
 * (backward error; Higham, "Accuracy and Stability of Numerical Algorithms", chapter 3): whatever
 * makes a row sensitive to rounding, large activations that cancel or scores whose softmax is
 * steep, makes it move by as much here.
 */
public final class Conditioning {

  /** Disturbed passes; of a row the largest movement counts. */
  public static final int PASSES = 2;

  private static final float SHARE = 0x1p-16f;
  private static final double ROUNDINGS = SHARE / 0x1p-24;

  private Conditioning() {}

  /** A model as it is measured. */
  public static ModelConfig measuring(ModelConfig config) {
    return config.computingIn(Dtype.FLOAT32);
  }

  /**
   * The weights of a disturbed pass, which must record nothing.
   *
   * @param scope holds the pass
   * @param pass which of the {@link #PASSES}, from 0
   */
  public static Weights disturbed(Scope scope, Weights weights, int pass) {
    return new DisturbedWeights(scope, weights, SHARE, pass);
  }

  /** Nothing measured yet: a number for each row of a tensor. */
  public static float[] unmoved(Floats reference) {
    return new float[Math.toIntExact(reference.rows())];
  }

  /**
   * Takes what a disturbed pass gives into account.
   *
   * @param moved by row the movement a rounding, as a share of the row's largest value; infinite
   *     where that is not a number
   */
  public static void widen(float[] moved, Floats reference, Floats disturbed) {
    long width = reference.width();
    for (int row = 0; row < moved.length; row++) {
      double share = RowDifference.of(reference, disturbed, row * width, width).share();
      moved[row] = Math.max(moved[row], (float) (share / ROUNDINGS));
    }
  }
}
