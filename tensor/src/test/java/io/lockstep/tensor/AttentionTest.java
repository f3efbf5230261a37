package io.lockstep.tensor;

import static io.lockstep.tensor.Tensors.assertClose;
import static io.lockstep.tensor.Tensors.gradients;
import static io.lockstep.tensor.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The fused attention against the same formula written out with matrix products. */
final class AttentionTest extends ScopedTest {

  private static final long BATCH = 2;
  private static final long HEADS = 4;
  private static final long POSITIONS = 5;
  private static final long WIDTH = 8;
  private static final double SCALE = 0.3;
  private static final double TOLERANCE = 1e-5;

  @Test
  void plainAttentionEqualsTheFormula() {
    assertSameAsFormula(null, false, HEADS);
  }

  @Test
  void causalAttentionEqualsTheFormula() {
    assertSameAsFormula(null, true, HEADS);
  }

  @Test
  void boolMaskEqualsTheFormula() {
    assertSameAsFormula(leftPaddedCausal(), false, HEADS);
  }

  @Test
  void floatMaskEqualsTheFormula() {
    assertSameAsFormula(random(scope, 4, 1, 1, POSITIONS, POSITIONS), false, HEADS);
  }

  @Test
  void groupedHeadsEqualTheFormula() {
    assertSameAsFormula(null, true, 2);
    assertSameAsFormula(leftPaddedCausal(), false, 2);
  }

  @Test
  void rowsThatMayAttendToNothingAreZero() {
    NDArray q = random(scope, 1, 1, 1, 2, WIDTH);
    NDArray mask = scope.fromBooleans(new boolean[] {false, false, true, true}, 1, 1, 2, 2);
    NDArray out = Ops.scaledDotProductAttention(q, q, q, mask, false, SCALE, false);
    assertArrayEquals(new float[(int) WIDTH], Ops.narrow(out, 2, 0, 1).toFloatArray());
  }

  /** Kernels that are called by name have the bits of libtorch's choice, gradients included. */
  @Test
  void theKernelsOfSdpaAreThoseThatLibtorchChooses() {
    for (Dtype type : List.of(Dtype.FLOAT32, Dtype.BFLOAT16)) {
      for (long keyHeads : new long[] {2, HEADS}) {
        for (Masking masking : Masking.values()) {
          NDArray mask =
              masking == Masking.PADDED ? Ops.cast(additive(leftPaddedCausal()), type) : null;
          boolean causal = masking == Masking.CAUSAL;
          Function<List<NDArray>, NDArray> chosen =
              in ->
                  wide(
                      Ops.scaledDotProductAttention(
                          narrow(in.get(0), type),
                          narrow(in.get(1), type),
                          narrow(in.get(2), type),
                          mask,
                          causal,
                          SCALE,
                          keyHeads < HEADS));
          Function<List<NDArray>, NDArray> named =
              in ->
                  wide(
                      Attention.apply(
                          Attention.Implementation.SDPA,
                          narrow(in.get(0), type),
                          narrow(in.get(1), type),
                          narrow(in.get(2), type),
                          mask,
                          causal,
                          SCALE));
          assertSameBits(inputs(keyHeads), chosen, named);
        }
      }
    }
  }

  private enum Masking {
    NONE,
    CAUSAL,
    PADDED
  }

  private static NDArray narrow(NDArray x, Dtype type) {
    return Ops.as(x, type);
  }

  private static NDArray wide(NDArray x) {
    return Ops.as(x, Dtype.FLOAT32);
  }

  private void assertSameBits(
      List<NDArray> inputs,
      Function<List<NDArray>, NDArray> wanted,
      Function<List<NDArray>, NDArray> found) {
    assertArrayEquals(wanted.apply(inputs).toFloatArray(), found.apply(inputs).toFloatArray());
    List<NDArray> expected = gradients(scope, wanted, inputs);
    List<NDArray> actual = gradients(scope, found, inputs);
    for (int i = 0; i < inputs.size(); i++) {
      assertArrayEquals(expected.get(i).toFloatArray(), actual.get(i).toFloatArray());
    }
  }

  private List<NDArray> inputs(long keyHeads) {
    return List.of(
        random(scope, 1, BATCH, HEADS, POSITIONS, WIDTH),
        random(scope, 2, BATCH, keyHeads, POSITIONS, WIDTH),
        random(scope, 3, BATCH, keyHeads, POSITIONS, WIDTH));
  }

  @Test
  void eagerAttentionEqualsTheFormula() {
    List<NDArray> in = inputs(HEADS);
    NDArray eager =
        Attention.apply(
            Attention.Implementation.EAGER, in.get(0), in.get(1), in.get(2), null, true, SCALE);
    assertClose(formula(in.get(0), in.get(1), in.get(2), null, true), eager, TOLERANCE);
  }

  @Test
  void aKernelIsKnownBeforeItComputes() {
    assertEquals(Attention.Kernel.CPU_FLASH, kernel(Attention.Implementation.SDPA, 4));
    assertEquals(Attention.Kernel.MATH, kernel(Attention.Implementation.SDPA, 2));
    assertEquals(Attention.Kernel.MATH, kernel(Attention.Implementation.EAGER, 4));
    TorchException refused =
        assertThrows(
            TorchException.class, () -> kernel(Attention.Implementation.FLASH_ATTENTION_2, 4));
    assertEquals(
        "flash_attention_2 is not there for float32 heads of width 8 on the CPU, where attention is computed by cpu_flash: it needs a CUDA device of compute capability 8.0 or newer, and bfloat16",
        refused.getMessage());
  }

  private static Attention.Kernel kernel(Attention.Implementation implementation, int keyHeads) {
    return Attention.kernel(
        implementation, new Attention.Form(Dtype.FLOAT32, 4, keyHeads, 8, false, false, true));
  }

  private void assertSameAsFormula(@Nullable NDArray mask, boolean causal, long keyHeads) {
    NDArray q = random(scope, 1, BATCH, HEADS, POSITIONS, WIDTH);
    NDArray k = random(scope, 2, BATCH, keyHeads, POSITIONS, WIDTH);
    NDArray v = random(scope, 3, BATCH, keyHeads, POSITIONS, WIDTH);
    Function<List<NDArray>, NDArray> fused =
        in ->
            Ops.scaledDotProductAttention(
                in.get(0), in.get(1), in.get(2), mask, causal, SCALE, keyHeads < HEADS);
    Function<List<NDArray>, NDArray> written =
        in -> formula(in.get(0), in.get(1), in.get(2), mask, causal);
    List<NDArray> inputs = List.of(q, k, v);
    assertClose(written.apply(inputs), fused.apply(inputs), TOLERANCE);
    List<NDArray> expected = gradients(scope, written, inputs);
    List<NDArray> actual = gradients(scope, fused, inputs);
    for (int i = 0; i < inputs.size(); i++) {
      assertClose(expected.get(i), actual.get(i), TOLERANCE);
    }
  }

  private NDArray formula(NDArray q, NDArray k, NDArray v, @Nullable NDArray mask, boolean causal) {
    long group = q.getShape().get(1) / k.getShape().get(1);
    NDArray keys = k.repeat(1, group);
    NDArray values = v.repeat(1, group);
    NDArray scores = Ops.times(Ops.matmul(q, keys.transpose(0, 1, 3, 2)), SCALE);
    if (causal) {
      scores = scores.add(additive(lowerTriangle(0)));
    }
    if (mask != null) {
      scores = scores.add(Dtype.of(mask) == Dtype.BOOL ? additive(mask) : mask);
    }
    return Ops.matmul(Ops.softmax(scores, -1), values);
  }

  /** Zero where the mask allows, minus infinity elsewhere. */
  private NDArray additive(NDArray allowed) {
    float[] values = Ops.cast(allowed, Dtype.FLOAT32).toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] > 0 ? 0 : Float.NEGATIVE_INFINITY;
    }
    return scope.fromFloats(values, allowed.getShape().getShape());
  }

  private NDArray lowerTriangle(int firstKey) {
    int n = (int) POSITIONS;
    boolean[] allowed = new boolean[n * n];
    for (int t = 0; t < n; t++) {
      for (int s = 0; s < n; s++) {
        allowed[t * n + s] = s == t || (s >= firstKey && s <= t);
      }
    }
    return scope.fromBooleans(allowed, 1, 1, n, n);
  }

  /** The second sample starts two positions later; a padding position sees only itself. */
  private NDArray leftPaddedCausal() {
    return lowerTriangle(0).concat(lowerTriangle(2), 0);
  }
}
