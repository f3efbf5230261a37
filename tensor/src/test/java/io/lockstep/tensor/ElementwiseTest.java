package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Values and gradients are those of the functions in the Javadoc. */
class ElementwiseTest {

  private static final float[] XS = {-3, -0.75f, 0.5f, 2};
  private static final double STEP = 1e-5;

  @BeforeAll
  static void start() {
    Torch.start(1);
  }

  private static void check(UnaryOperator<NDArray> operator, DoubleUnaryOperator function) {
    try (Scope scope = Scope.open()) {
      NDArray leaf = Autograd.leaf(Ops.constant(XS, XS.length));
      NDArray result = Autograd.recording(() -> operator.apply(leaf));
      float[] values = result.toFloatArray();
      Autograd.backward(Autograd.recording(result::sum), null);
      float[] gradient = Autograd.gradient(leaf).toFloatArray();
      for (int i = 0; i < XS.length; i++) {
        double up = function.applyAsDouble(XS[i] + STEP);
        double down = function.applyAsDouble(XS[i] - STEP);
        assertEquals(function.applyAsDouble(XS[i]), values[i], 1e-5);
        assertEquals((up - down) / (2 * STEP), gradient[i], 1e-4);
      }
    }
  }

  @Test
  void functionsOfOneArgument() {
    check(Elementwise::sigmoid, x -> 1 / (1 + Math.exp(-x)));
    check(Elementwise::logSigmoid, x -> -Math.log1p(Math.exp(-x)));
    check(Elementwise::relu, x -> Math.max(x, 0));
    check(Elementwise::abs, Math::abs);
    check(Elementwise::exp, Math::exp);
    check(Elementwise::sin, Math::sin);
    check(Elementwise::cos, Math::cos);
  }

  @Test
  void functionsOfTwoArguments() {
    try (Scope scope = Scope.open()) {
      NDArray x = Ops.constant(new float[] {1, -2, 3}, 3);
      NDArray y = Ops.constant(new float[] {2, -4, 3}, 3);
      assertArrayEquals(new float[] {2, -2, 3}, Elementwise.larger(x, y).toFloatArray());
      assertArrayEquals(new float[] {1, -4, 3}, Elementwise.smaller(x, y).toFloatArray());
      assertArrayEquals(new float[] {0.5f, 0.5f, 1}, Elementwise.quotient(x, y).toFloatArray());
    }
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    try (Scope scope = Scope.open()) {
      NDArray x = Ops.constant(new float[3], 3);
      NDArray y = Ops.constant(new float[2], 2);
      TorchException refused = assertThrows(TorchException.class, () -> Elementwise.quotient(x, y));
      assertTrue(String.valueOf(refused.getMessage()).contains("div"), refused.getMessage());
    }
  }
}
