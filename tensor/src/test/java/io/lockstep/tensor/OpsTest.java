package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.assertClose;
import static io.lockstep.tensor.Tensors.assertGradientsMatchDifferences;
import static io.lockstep.tensor.Tensors.floats;
import static io.lockstep.tensor.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("numeric")
final class OpsTest extends ScopedTest {

  private static final double EPS = 1e-6;

  @Test
  void numbersKeepTheTypeOfATensorWithoutDimensions() {
    NDArray half = scope.fromFloats(new float[] {0.25f, 0.25f}, 2).sum();
    assertEquals(1.5f, Ops.times(half, 3).getFloat());
    assertEquals(3.5f, Ops.plus(half, 3).getFloat());
  }

  @Test
  void constantsOfAGraphStayWhenTheirScopeIsGone() {
    int size = 1 << 20;
    float[] values = new float[size];
    Arrays.fill(values, 3);
    NDArray x = Autograd.leaf(random(scope, 1, size));
    Scope graph = Scope.lasting();
    NDArray end;
    try (Scope inner = scope.child()) {
      end = graph.keep(Autograd.recording(() -> Ops.mul(x, Ops.constant(values, size)).sum()));
    }
    System.gc();
    NDArray others = scope.zeros(Dtype.FLOAT32, size);
    Autograd.backward(end, null);
    graph.close();
    assertArrayEquals(values, floats(Autograd.gradient(x)));
    assertArrayEquals(new float[size], floats(others));
  }

  @Test
  void linearMultipliesByTheTransposedWeightAndAddsTheBias() {
    NDArray x = scope.fromFloats(new float[] {1, 2}, 1, 2);
    NDArray weight = scope.fromFloats(new float[] {3, 4, 5, 6, 7, 8}, 3, 2);
    NDArray bias = scope.fromFloats(new float[] {10, 20, 30}, 3);
    assertArrayEquals(new float[] {11, 17, 23}, floats(Ops.linear(x, weight, null)));
    assertArrayEquals(new float[] {21, 37, 53}, floats(Ops.linear(x, weight, bias)));
  }

  @Test
  void linearHasRightGradients() {
    assertGradientsMatchDifferences(
        scope,
        in -> Ops.linear(in.get(0), in.get(1), in.get(2)),
        List.of(random(scope, 1, 2, 3, 4), random(scope, 2, 5, 4), random(scope, 3, 5)),
        1e-2);
  }

  @Test
  void embeddingPicksRowsAndSumsTheirGradients() {
    NDArray weight = scope.fromFloats(new float[] {0, 1, 10, 11, 20, 21}, 3, 2);
    NDArray ids = scope.fromLongs(new long[] {2, 0, 2}, 3);
    assertArrayEquals(new float[] {20, 21, 0, 1, 20, 21}, floats(Ops.embedding(weight, ids)));
    NDArray leaf = Autograd.leaf(weight);
    NDArray rows = Autograd.recording(() -> Ops.embedding(leaf, ids));
    Autograd.backward(rows, scope.fromFloats(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    assertArrayEquals(new float[] {3, 4, 0, 0, 6, 8}, floats(Autograd.gradient(leaf)));
  }

  @Test
  void siluAndBothGelusFollowTheirFormulas() {
    float[] points = {-3, -1, -0.1f, 0, 0.5f, 1, 2.5f};
    NDArray x = scope.fromFloats(points, points.length);
    float[] silu = new float[points.length];
    float[] geluTanh = new float[points.length];
    for (int i = 0; i < points.length; i++) {
      double p = points[i];
      silu[i] = (float) (p / (1 + Math.exp(-p)));
      geluTanh[i] =
          (float) (0.5 * p * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (p + 0.044715 * p * p * p))));
    }
    assertArrayEquals(silu, floats(Ops.silu(x)), 1e-6f);
    assertArrayEquals(geluTanh, floats(Ops.geluTanh(x)), 1e-6f);
    float[] geluErf = {-0.00405f, -0.158655f, -0.046017f, 0, 0.345731f, 0.841345f, 2.484476f};
    assertArrayEquals(geluErf, floats(Ops.geluErf(x)), 2e-6f);
  }

  @Test
  void activationsHaveRightGradients() {
    List<NDArray> x = List.of(random(scope, 4, 3, 5));
    assertGradientsMatchDifferences(scope, in -> Ops.silu(in.getFirst()), x, 1e-2);
    assertGradientsMatchDifferences(scope, in -> Ops.geluErf(in.getFirst()), x, 1e-2);
    assertGradientsMatchDifferences(scope, in -> Ops.geluTanh(in.getFirst()), x, 1e-2);
  }

  @Test
  void rmsNormDividesByTheRootMeanSquare() {
    NDArray x = scope.fromFloats(new float[] {3, 4, 0, 0}, 1, 4);
    NDArray weight = scope.fromFloats(new float[] {1, 2, 3, 4}, 4);
    assertArrayEquals(new float[] {1.2f, 3.2f, 0, 0}, floats(Ops.rmsNorm(x, weight, EPS)), 1e-5f);
  }

  @Test
  void rmsNormOfBfloat16RoundsBeforeTheWeight() {
    NDArray x = Ops.cast(random(scope, 5, 2, 8), Dtype.BFLOAT16);
    NDArray weight = Ops.cast(random(scope, 6, 8), Dtype.BFLOAT16);
    NDArray normalised =
        Ops.rmsNorm(Ops.cast(x, Dtype.FLOAT32), scope.fromFloats(filled(8, 1), 8), EPS);
    NDArray expected = Ops.mul(Ops.cast(normalised, Dtype.BFLOAT16), weight);
    NDArray actual = Ops.rmsNorm(x, weight, EPS);
    assertEquals(Dtype.BFLOAT16, Dtype.of(actual));
    Tensors.assertSameBits(expected, actual);
  }

  @Test
  void layerNormCentresAndScales() {
    NDArray x = scope.fromFloats(new float[] {1, 3, 1, 3}, 1, 4);
    NDArray weight = scope.fromFloats(new float[] {1, 1, 2, 2}, 4);
    NDArray bias = scope.fromFloats(new float[] {0, 10, 0, 10}, 4);
    assertArrayEquals(
        new float[] {-1, 11, -2, 12}, floats(Ops.layerNorm(x, weight, bias, EPS)), 1e-5f);
  }

  @Test
  void normsHaveRightGradients() {
    List<NDArray> in = List.of(random(scope, 7, 3, 6), random(scope, 8, 6), random(scope, 9, 6));
    assertGradientsMatchDifferences(
        scope, a -> Ops.rmsNorm(a.get(0), a.get(1), EPS), in.subList(0, 2), 1e-2);
    assertGradientsMatchDifferences(
        scope, a -> Ops.layerNorm(a.get(0), a.get(1), a.get(2), EPS), in, 1e-2);
  }

  @Test
  void castsToBfloat16AndBackKeepWhatBfloat16Holds() {
    NDArray x = scope.fromFloats(new float[] {1, -2.5f, 0.15625f, 3.0e38f, 1 + 1f / 512}, 5);
    NDArray narrow = Ops.cast(x, Dtype.BFLOAT16);
    assertEquals(Dtype.BFLOAT16, Dtype.of(narrow));
    assertEquals(5, Buffer.of(narrow).elements());
    float[] back = Ops.cast(narrow, Dtype.FLOAT32).toFloatArray();
    assertArrayEquals(new float[] {1, -2.5f, 0.15625f}, java.util.Arrays.copyOf(back, 3));
    assertEquals(3.0e38f, back[3], 1e36f);
    assertEquals(1, back[4], "rounds to even");
  }

  @Test
  void crossEntropySumsOverTheRowsThatCount() {
    NDArray logits = random(scope, 10, 4, 6);
    NDArray labels = scope.fromLongs(new long[] {2, -100, 5, 0}, 4);
    float[] values = floats(logits);
    double expected = 0;
    long[] label = {2, -100, 5, 0};
    for (int row = 0; row < 4; row++) {
      if (label[row] >= 0) {
        double sum = 0;
        for (int i = 0; i < 6; i++) {
          sum += Math.exp(values[row * 6 + i]);
        }
        expected += Math.log(sum) - values[row * 6 + (int) label[row]];
      }
    }
    assertEquals(expected, Ops.crossEntropySum(logits, labels, -100).getFloat(), 1e-4);
    assertGradientsMatchDifferences(
        scope, in -> Ops.crossEntropySum(in.getFirst(), labels, -100), List.of(logits), 1e-2);
  }

  @Test
  void maskedScatterFillsSelectedElementsInOrder() {
    NDArray self = scope.fromFloats(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    NDArray mask = scope.fromBooleans(new boolean[] {false, true, true}, 3, 1);
    NDArray source = scope.fromFloats(new float[] {10, 20, 30, 40}, 2, 2);
    assertArrayEquals(
        new float[] {1, 2, 10, 20, 30, 40}, floats(Ops.maskedScatter(self, mask, source)));
    assertGradientsMatchDifferences(
        scope, in -> Ops.maskedScatter(in.get(0), mask, in.get(1)), List.of(self, source), 1e-2);
  }

  @Test
  void indexSelectAndIndexAddAreEachOthersGradients() {
    NDArray x = scope.fromFloats(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    NDArray index = scope.fromLongs(new long[] {2, 0, 2}, 3);
    NDArray source = scope.fromFloats(new float[] {10, 20, 30, 40, 50, 60}, 3, 2);
    assertArrayEquals(new float[] {5, 6, 1, 2, 5, 6}, floats(Ops.indexSelect(x, 0, index)));
    assertArrayEquals(
        new float[] {31, 42, 3, 4, 65, 86}, floats(Ops.indexAdd(x, 0, index, source)));
    assertGradientsMatchDifferences(
        scope, in -> Ops.indexSelect(in.getFirst(), 0, index), List.of(x), 1e-2);
    assertGradientsMatchDifferences(
        scope, in -> Ops.indexAdd(in.get(0), 0, index, in.get(1)), List.of(x, source), 1e-2);
  }

  @Test
  void indexAddInPlaceIsIndexAddIntoTheTensorItself() {
    NDArray x = random(scope, 1, 3, 2);
    NDArray source = random(scope, 2, 3, 2);
    NDArray index = scope.fromLongs(new long[] {2, 0, 2}, 3);
    float[] expected = floats(Ops.indexAdd(x, 0, index, source));
    assertGradientsMatchDifferences(
        scope,
        in -> {
          NDArray sum = Ops.times(in.get(0), 1);
          Ops.indexAddInPlace(sum, 0, index, in.get(1));
          return sum;
        },
        List.of(x, source),
        1e-2);
    Ops.indexAddInPlace(x, 0, index, source);
    assertArrayEquals(expected, floats(x));
  }

  @Test
  void indexAddWorksAlongAnyDimension() {
    NDArray x = scope.zeros(Dtype.FLOAT32, 2, 3);
    NDArray index = scope.fromLongs(new long[] {2, 2}, 2);
    NDArray source = scope.fromFloats(new float[] {1, 2, 3, 4}, 2, 2);
    assertArrayEquals(new float[] {0, 0, 3, 0, 0, 7}, floats(Ops.indexAdd(x, -1, index, source)));
  }

  @Test
  void rotaryTurnsPairsOfHalvesByTheAngle() {
    double angle = 0.3;
    NDArray x = scope.fromFloats(new float[] {1, 2, 3, 4}, 1, 1, 4);
    NDArray cos = scope.fromFloats(filled(4, (float) Math.cos(angle)), 1, 4);
    NDArray sin = scope.fromFloats(filled(4, (float) Math.sin(angle)), 1, 4);
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    float[] expected = {
      (float) (c - 3 * s), (float) (2 * c - 4 * s), (float) (3 * c + s), (float) (4 * c + 2 * s)
    };
    assertArrayEquals(expected, floats(Ops.rotary(x, cos, sin)), 1e-6f);
    assertGradientsMatchDifferences(
        scope, in -> Ops.rotary(in.getFirst(), cos, sin), List.of(x), 1e-2);
  }

  @Test
  void softmaxAndArgmaxGoAlongTheDimension() {
    NDArray x = scope.fromFloats(new float[] {0, (float) Math.log(3), 5, 5}, 2, 2);
    assertArrayEquals(new float[] {0.25f, 0.75f, 0.5f, 0.5f}, floats(Ops.softmax(x, -1)), 1e-6f);
    assertArrayEquals(new long[] {1, 0}, Ops.argmax(x, -1).toLongArray());
  }

  @Test
  void numbersTakeTheTypeOfTheTensor() {
    NDArray x = Ops.cast(scope.fromFloats(new float[] {1, 2}, 2), Dtype.BFLOAT16);
    assertEquals(Dtype.BFLOAT16, Dtype.of(Ops.times(x, 3)));
    assertEquals(Dtype.BFLOAT16, Dtype.of(Ops.plus(x, 3)));
    assertArrayEquals(new float[] {3, 6}, floats(Ops.times(x, 3)));
    assertArrayEquals(new float[] {4, 5}, floats(Ops.plus(x, 3)));
  }

  @Test
  void viewsShareTheMemoryOfTheFlatTensor() {
    NDArray flat = scope.zeros(Dtype.FLOAT32, 10);
    NDArray view = Ops.narrow(flat, 0, 2, 6).reshape(2, 3);
    Ops.copyInto(view, scope.fromFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    Ops.addInPlace(view, scope.fromFloats(filled(6, 1), 2, 3));
    assertArrayEquals(new float[] {0, 0, 2, 3, 4, 5, 6, 7, 0, 0}, floats(flat));
  }

  @Test
  void contiguousCopiesWhatIsNot() {
    NDArray x = scope.fromFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).transpose();
    assertClose(x, Ops.contiguous(x), 0);
    assertEquals(6, Buffer.of(Ops.contiguous(x)).elements());
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    java.util.Arrays.fill(values, value);
    return values;
  }
}
