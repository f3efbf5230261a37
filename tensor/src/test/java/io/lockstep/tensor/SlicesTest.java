package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.floats;
import static io.lockstep.tensor.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SlicesTest extends ScopedTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void slicesAreThoseThatAreCutOutOneByOne(int dim) {
    NDArray whole = random(scope, 1, 4, 5, 6);
    for (int i = 0; i < 4; i++) {
      float[] expected = floats(Ops.narrow(whole, dim, i, 1));
      int index = i;
      assertArrayEquals(expected, floats(Slices.of(whole, dim).get(index)));
      assertArrayEquals(
          expected, floats(Autograd.recording(() -> Slices.of(whole, dim).get(index))));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void theGradientIsThatOfTheSlicesPutTogetherWithZerosWhereNoneWasRead(int dim) {
    NDArray whole = Autograd.leaf(random(scope, 1, 4, 5, 6));
    NDArray oneByOne = Autograd.leaf(whole);
    NDArray sum =
        Autograd.recording(() -> {
          Slices slices = Slices.of(whole, dim);
          return square(slices.get(1)).add(square(slices.get(3)));
        });
    Autograd.backward(sum, null);
    NDArray expected =
        Autograd.recording(() ->
            square(Ops.narrow(oneByOne, dim, 1, 1)).add(square(Ops.narrow(oneByOne, dim, 3, 1))));
    Autograd.backward(expected, null);
    assertArrayEquals(floats(Autograd.gradient(oneByOne)), floats(Autograd.gradient(whole)));
  }

  @Test
  void partsAreThoseThatAreCutOutOneByOneAndSoIsTheirGradient() {
    NDArray whole = Autograd.leaf(random(scope, 1, 6, 3));
    NDArray oneByOne = Autograd.leaf(whole);
    NDArray sum =
        Autograd.recording(() -> {
          List<NDArray> parts = Slices.parts(whole, 1, 3, 2);
          assertArrayEquals(floats(Ops.narrow(whole, 0, 4, 2)), floats(parts.get(2)));
          return square(parts.get(0)).add(square(parts.get(2)));
        });
    Autograd.backward(sum, null);
    NDArray expected =
        Autograd.recording(
            () -> square(Ops.narrow(oneByOne, 0, 0, 1)).add(square(Ops.narrow(oneByOne, 0, 4, 2))));
    Autograd.backward(expected, null);
    assertArrayEquals(floats(Autograd.gradient(oneByOne)), floats(Autograd.gradient(whole)));
  }

  private static NDArray square(NDArray x) {
    return Ops.mul(x, x).sum();
  }
}
