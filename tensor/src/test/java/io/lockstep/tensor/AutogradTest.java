package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.assertSameBits;
import static io.lockstep.tensor.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class AutogradTest extends ScopedTest {

  @Test
  void gradientsAccumulate() {
    NDArray x = scope.fromFloats(new float[] {2, 3}, 2);
    Autograd.requireGradient(x);
    NDArray upstream = scope.fromFloats(new float[] {1, 10}, 2);
    Autograd.backward(Autograd.recording(() -> Ops.mul(x, x)), upstream);
    Autograd.backward(Autograd.recording(() -> Ops.mul(x, x)), upstream);
    assertArrayEquals(new float[] {8, 120}, Autograd.gradient(x).toFloatArray());
  }

  @Test
  void targetsWithOneElementNeedNoGradient() {
    NDArray x = Autograd.leaf(scope.fromFloats(new float[] {2, 3}, 2));
    Autograd.backward(Autograd.recording(() -> Ops.mul(x, x).sum()), null);
    assertArrayEquals(new float[] {4, 6}, Autograd.gradient(x).toFloatArray());
    NDArray wide = Autograd.recording(() -> Ops.mul(x, x));
    assertThrows(IllegalArgumentException.class, () -> Autograd.backward(wide, null));
  }

  @Test
  void onlyRecordedComputationsRequireGradients() {
    NDArray x = Autograd.leaf(scope.fromFloats(new float[] {2}, 1));
    assertFalse(isRecorded(Ops.mul(x, x)), "a thread records nothing by itself");
    assertTrue(isRecorded(Autograd.recording(() -> Ops.mul(x, x))));
    assertFalse(isRecorded(Autograd.detach(Autograd.recording(() -> Ops.mul(x, x)))));
    assertFalse(isRecorded(Autograd.recording(() -> Autograd.inference(() -> Ops.mul(x, x)))));
  }

  @Test
  void newThreadsRecordNothingByThemselves() {
    NDArray x = Autograd.leaf(scope.fromFloats(new float[] {2}, 1));
    boolean recorded =
        CompletableFuture.supplyAsync(
                () -> {
                  try (var _ = Scope.open()) {
                    return isRecorded(Ops.mul(x, x));
                  }
                })
            .join();
    assertFalse(recorded);
  }

  @Test
  void modeIsRestoredAfterAFailure() {
    NDArray x = Autograd.leaf(scope.fromFloats(new float[] {2}, 1));
    assertThrows(
        IllegalStateException.class,
        () ->
            Autograd.recording(() -> {
              throw new IllegalStateException("on purpose");
            }));
    assertFalse(isRecorded(Ops.mul(x, x)));
  }

  @Test
  void leavesShareValuesButNotGradients() {
    NDArray weight = scope.fromFloats(new float[] {2}, 1);
    NDArray leaf = Autograd.leaf(weight);
    Autograd.backward(Autograd.recording(() -> Ops.mul(leaf, leaf)), null);
    NDArray second = Autograd.leaf(weight);
    assertThrows(IllegalStateException.class, () -> Autograd.gradient(second));
    Ops.copyInto(weight, scope.fromFloats(new float[] {5}, 1));
    assertArrayEquals(new float[] {5}, leaf.toFloatArray());
  }

  @Test
  void oneGraphAndOneGraphPerSegmentGiveTheSameBits() {
    NDArray x = random(scope, 1, 6, 8);
    NDArray first = random(scope, 2, 8, 8);
    NDArray second = random(scope, 3, 8, 8);
    NDArray upstream = random(scope, 4, 6, 8);
    NDArray whole = Autograd.leaf(first);
    NDArray output =
        Autograd.recording(() -> Ops.linear(Ops.silu(Ops.linear(x, whole, null)), second, null));
    Autograd.backward(output, upstream);

    NDArray part = Autograd.leaf(first);
    NDArray hidden = Autograd.recording(() -> Ops.silu(Ops.linear(x, part, null)));
    NDArray boundary = Autograd.leaf(hidden);
    Autograd.backward(Autograd.recording(() -> Ops.linear(boundary, second, null)), upstream);
    Autograd.backward(hidden, Autograd.gradient(boundary));
    assertSameBits(Autograd.gradient(whole), Autograd.gradient(part));
  }

  /** Whether a tensor with one element belongs to a graph; walks the graph back. */
  private static boolean isRecorded(NDArray array) {
    try {
      Autograd.backward(array, null);
      return true;
    } catch (EngineException e) {
      return false;
    }
  }
}
