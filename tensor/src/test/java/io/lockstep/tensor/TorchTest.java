package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class TorchTest {

  @Test
  void startsOnceWithAFixedNumberOfThreads() {
    Torch.start(1);
    Torch.start(1);
    assertEquals(1, Torch.threads());
    Exception e = assertThrows(IllegalStateException.class, () -> Torch.start(2));
    Tensors.assertMentions("already runs with 1 threads", e);
    assertThrows(IllegalArgumentException.class, () -> Torch.start(0));
  }

  /** What libtorch is limited to is what it uses, so that a run of these tests is what it says. */
  @Test
  @Tag("numeric")
  void tellsVersionAndVectorInstructions() {
    Torch.start(1);
    String limit = System.getenv().getOrDefault("ATEN_CPU_CAPABILITY", "");
    if (limit.equals("default")) {
      assertTrue(Torch.capability().endsWith(" NO AVX"), Torch.capability());
    } else if (limit.equals("avx2")) {
      assertFalse(Torch.capability().endsWith("AVX512"), Torch.capability());
    }
    assertTrue(
        Torch.capability().matches("libtorch 2\\.\\d+\\.\\d+ [A-Z0-9 ]+"), Torch.capability());
  }

  @Test
  void errorsNameTheOperatorAndItsArguments() {
    Torch.start(1);
    try (Scope scope = Scope.open()) {
      NDArray x = scope.zeros(Dtype.FLOAT32, 2, 3);
      NDArray weight = scope.zeros(Dtype.BFLOAT16, 5, 4);
      Exception e = assertThrows(TorchException.class, () -> Ops.linear(x, weight, null));
      assertEquals(
          "aten::linear(float32(2, 3), bfloat16(5, 4), none) failed; libtorch has printed the reason to standard error",
          e.getMessage());
    }
  }

  @Test
  void freedTensorsAreRefused() {
    Torch.start(1);
    try (Scope scope = Scope.open()) {
      NDArray x = scope.zeros(Dtype.FLOAT32, 2);
      NDArray freed = scope.zeros(Dtype.FLOAT32, 2);
      freed.close();
      assertThrows(IllegalStateException.class, () -> Ops.mul(x, freed));
    }
  }

  @Test
  void anotherLibtorchThanTheBindingsAreBuiltForIsRefused() {
    String settings =
        "PyTorch built with:\n  - Build settings: BLAS_INFO=mkl, TORCH_VERSION=2.13.0, USE_CUDA=0, \n";
    LibtorchMatch.require("2.13.0-0.40.0", settings, "/opt/libtorch");
    TorchException refusal =
        assertThrows(
            TorchException.class,
            () -> LibtorchMatch.require("2.7.1-0.35.1", settings, "/opt/libtorch"));
    assertTrue(
        String.valueOf(refusal.getMessage())
            .startsWith(
                "libtorch in /opt/libtorch is 2.13.0, but the bindings are built for 2.7.1"),
        refusal.getMessage());
    assertThrows(
        TorchException.class,
        () -> LibtorchMatch.require("2.7.1-0.35.1", "no settings", "/opt/libtorch"));
  }
}
