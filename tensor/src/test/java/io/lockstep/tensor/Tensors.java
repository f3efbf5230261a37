package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * What the tests of this package share: seeded tensors, comparisons and gradients by finite
 * differences.
 */
final class Tensors {

  private Tensors() {}

  static NDArray random(Scope scope, long seed, long... shape) {
    Random random = new Random(seed);
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return scope.fromFloats(values, shape);
  }

  static float[] floats(NDArray array) {
    return Ops.contiguous(Ops.cast(array, Dtype.FLOAT32)).toFloatArray();
  }

  static void assertClose(NDArray expected, NDArray actual, double tolerance) {
    assertEquals(expected.getShape(), actual.getShape());
    assertArrayEquals(floats(expected), floats(actual), (float) tolerance);
  }

  static void assertSameBits(NDArray expected, NDArray actual) {
    assertEquals(expected.getShape(), actual.getShape());
    assertEquals(
        -1,
        Buffer.of(expected).hostBytes().mismatch(Buffer.of(actual).hostBytes()),
        "byte at which the tensors differ");
  }

  static void assertMentions(String text, Exception e) {
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains(text), message);
  }

  /**
   * Gradients of {@code sum(function(inputs) * probe)}, probe fixed and random, one for each input.
   */
  static List<NDArray> gradients(
      Scope scope, Function<List<NDArray>, NDArray> function, List<NDArray> inputs) {
    List<NDArray> leaves = inputs.stream().map(Autograd::leaf).toList();
    NDArray output = Autograd.recording(() -> function.apply(leaves));
    Autograd.backward(output, probe(scope, output));
    return leaves.stream().map(Autograd::gradient).toList();
  }

  /** Checks backward against central differences, at most a few elements of each input. */
  static void assertGradientsMatchDifferences(
      Scope scope,
      Function<List<NDArray>, NDArray> function,
      List<NDArray> inputs,
      double tolerance) {
    List<NDArray> gradients = gradients(scope, function, inputs);
    float step = 1e-2f;
    for (int input = 0; input < inputs.size(); input++) {
      NDArray array = inputs.get(input);
      float[] values = floats(array);
      float[] gradient = floats(gradients.get(input));
      for (int i = 0; i < values.length; i += Math.max(1, values.length / 7)) {
        double up = probed(scope, function, inputs, input, i, step);
        double down = probed(scope, function, inputs, input, i, -step);
        double expected = (up - down) / (2 * step);
        assertEquals(
            expected,
            gradient[i],
            tolerance * (1 + Math.abs(expected)),
            "input " + input + ", element " + i);
      }
    }
  }

  private static double probed(
      Scope scope,
      Function<List<NDArray>, NDArray> function,
      List<NDArray> inputs,
      int input,
      int element,
      float step) {
    List<NDArray> moved = new java.util.ArrayList<>(inputs);
    float[] values = floats(inputs.get(input));
    values[element] += step;
    moved.set(input, scope.fromFloats(values, inputs.get(input).getShape().getShape()));
    NDArray output = function.apply(moved);
    float[] out = floats(output);
    float[] probe = floats(probe(scope, output));
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      sum += (double) out[i] * probe[i];
    }
    return sum;
  }

  private static NDArray probe(Scope scope, NDArray output) {
    return random(scope, 99, output.getShape().getShape());
  }
}
