package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.assertSameBits;
import static io.lockstep.tensor.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import org.junit.jupiter.api.Test;

final class AdamWTest extends ScopedTest {

  private static final int COUNT = 10_007;

  @Test
  void followsTheFormulaOverSeveralSteps() {
    float[] start = random(scope, 1, 50).toFloatArray();
    float[] gradient = random(scope, 2, 50).toFloatArray();
    NDArray param = scope.fromFloats(start, 50);
    NDArray grad = scope.fromFloats(gradient, 50);
    NDArray m = scope.zeros(Dtype.FLOAT32, 50);
    NDArray v = scope.zeros(Dtype.FLOAT32, 50);
    double[] p = new double[50];
    double[] first = new double[50];
    double[] second = new double[50];
    for (int i = 0; i < 50; i++) {
      p[i] = start[i];
    }
    for (int step = 1; step <= 5; step++) {
      step(param, grad, m, v, hyper(step), 0.5f);
      for (int i = 0; i < 50; i++) {
        double g = gradient[i] * 0.5;
        p[i] *= 1 - 0.01 * 0.1;
        first[i] = 0.9 * first[i] + 0.1 * g;
        second[i] = 0.99 * second[i] + 0.01 * g * g;
        double corrected = first[i] / (1 - Math.pow(0.9, step));
        p[i] -= 0.01 * corrected / (Math.sqrt(second[i] / (1 - Math.pow(0.99, step))) + 1e-8);
      }
    }
    float[] expected = new float[50];
    for (int i = 0; i < 50; i++) {
      expected[i] = (float) p[i];
    }
    assertArrayEquals(expected, param.toFloatArray(), 2e-6f);
  }

  @Test
  void cuttingIntoRangesGivesTheSameBits() {
    State whole = new State();
    State cut = new State();
    long[] ranges = {1, 3, 4096, 17, 1001, 4889};
    for (int step = 1; step <= 3; step++) {
      step(whole.param, whole.grad, whole.m, whole.v, hyper(step), 0.25f);
      long start = 0;
      for (long length : ranges) {
        step(
            Ops.narrow(cut.param, 0, start, length),
            Ops.narrow(cut.grad, 0, start, length),
            Ops.narrow(cut.m, 0, start, length),
            Ops.narrow(cut.v, 0, start, length),
            hyper(step),
            0.25f);
        start += length;
      }
      assertEquals(COUNT, start);
    }
    assertSameBits(whole.param, cut.param);
    assertSameBits(whole.m, cut.m);
    assertSameBits(whole.v, cut.v);
  }

  @Test
  void refusesWhatDoesNotFit() {
    NDArray four = scope.zeros(Dtype.FLOAT32, 4);
    NDArray five = scope.zeros(Dtype.FLOAT32, 5);
    NDArray longs = scope.zeros(Dtype.INT64, 4);
    assertThrows(IllegalArgumentException.class, () -> step(four, five, four, four, hyper(1), 1));
    assertThrows(IllegalArgumentException.class, () -> step(four, longs, four, four, hyper(1), 1));
    assertThrows(IllegalArgumentException.class, () -> hyper(0));
  }

  private static void step(
      NDArray param, NDArray grad, NDArray m, NDArray v, AdamW.Hyper hyper, float gradScale) {
    AdamW.step(Buffer.of(param), Buffer.of(grad), Buffer.of(m), Buffer.of(v), hyper, gradScale);
  }

  private static AdamW.Hyper hyper(long step) {
    return new AdamW.Hyper(0.01, 0.9, 0.99, 1e-8, 0.1, step);
  }

  private final class State {
    final NDArray param = random(scope, 3, COUNT);
    final NDArray grad = random(scope, 4, COUNT);
    final NDArray m = scope.zeros(Dtype.FLOAT32, COUNT);
    final NDArray v = scope.zeros(Dtype.FLOAT32, COUNT);
  }
}
