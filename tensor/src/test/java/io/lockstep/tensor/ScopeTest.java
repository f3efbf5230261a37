package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ScopeTest {

  @BeforeEach
  void startTorch() {
    Torch.start(1);
  }

  @Test
  void closingFreesWhatWasComputedWhateverMadeIt() {
    try (Scope weights = Scope.lasting()) {
      NDArray weight = weights.fromFloats(new float[] {1, 2}, 2);
      NDArray byOps;
      NDArray byDjl;
      NDArray view;
      try (var _ = Scope.open()) {
        byOps = Ops.times(weight, 2);
        byDjl = weight.add(weight);
        view = Ops.narrow(weight, 0, 0, 1);
      }
      assertTrue(byOps.isReleased());
      assertTrue(byDjl.isReleased());
      assertTrue(view.isReleased());
      assertArrayEquals(new float[] {1, 2}, weight.toFloatArray());
      assertEquals(1, weights.manager().getManagedArrays().size());
    }
  }

  @Test
  void keptTensorsOutliveTheScopeTheyWereComputedIn() {
    NDArray kept;
    try (Scope outer = Scope.open()) {
      NDArray computed;
      try (Scope inner = outer.child()) {
        NDArray x = inner.fromFloats(new float[] {1, 2}, 2);
        computed = Ops.times(x, 3);
        kept = outer.keep(computed);
      }
      assertTrue(computed.isReleased());
      assertArrayEquals(new float[] {3, 6}, kept.toFloatArray());
    }
    assertTrue(kept.isReleased());
  }

  @Test
  void keptLeavesKeepTheirGradient() {
    try (Scope outer = Scope.open()) {
      NDArray leaf;
      try (Scope inner = outer.child()) {
        NDArray computed = Autograd.leaf(inner.fromFloats(new float[] {3}, 1));
        NDArray recorded = Autograd.recording(() -> Ops.mul(computed, computed));
        leaf = outer.keep(computed);
        Autograd.backward(recorded, null);
      }
      assertArrayEquals(new float[] {6}, Autograd.gradient(leaf).toFloatArray());
    }
  }

  @Test
  void virtualThreadsAreRefused() throws InterruptedException {
    CompletableFuture<Scope> opened = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            opened.complete(Scope.open());
          } catch (IllegalStateException e) {
            opened.completeExceptionally(e);
          }
        })
        .join();
    Exception e = assertThrows(CompletionException.class, opened::join);
    Tensors.assertMentions("platform thread", e);
  }

  @Test
  void factoriesMakeTensorsOfTheirOwnScopeEvenInsideAnother() {
    try (Scope outer = Scope.open()) {
      NDArray made;
      try (var _ = outer.child()) {
        made = outer.zeros(Dtype.FLOAT32, 3);
      }
      assertArrayEquals(new float[3], made.toFloatArray());
    }
  }

  @Test
  void factoriesCopyTheirInput() {
    try (Scope scope = Scope.open()) {
      float[] values = {1, 2, 3, 4};
      assertArrayEquals(values, scope.fromFloats(values, 2, 2).toFloatArray());
      assertArrayEquals(values, scope.fromFloats(FloatBuffer.wrap(values), 4).toFloatArray());
      assertArrayEquals(values, scope.fromFloats(MemorySegment.ofArray(values), 4).toFloatArray());
      assertArrayEquals(new long[] {5, 6}, scope.fromLongs(new long[] {5, 6}, 2).toLongArray());
      boolean[] flags = {true, false};
      assertArrayEquals(flags, scope.fromBooleans(flags, 2).toBooleanArray());
      assertEquals(Dtype.BFLOAT16, Dtype.of(scope.zeros(Dtype.BFLOAT16, 2, 0)));
      assertEquals(7, scope.fromFloats(new float[] {7}).getFloat());
    }
  }

  @Test
  void factoriesRefuseValuesThatDoNotFillTheShape() {
    try (Scope scope = Scope.open()) {
      Exception e =
          assertThrows(
              IllegalArgumentException.class, () -> scope.fromFloats(new float[] {1, 2, 3}, 2, 2));
      assertEquals("A FLOAT32 tensor of shape [2, 2] has 16 bytes, got 12", e.getMessage());
    }
  }

  @Test
  void computingWithoutAScopeSaysWhatToOpen() {
    try (Scope lasting = Scope.lasting()) {
      NDArray x = lasting.zeros(Dtype.FLOAT32, 1);
      Exception e = assertThrows(IllegalStateException.class, () -> Ops.silu(x));
      Tensors.assertMentions("Scope.open()", e);
    }
  }

  @Test
  void closingAnOuterScopeFirstIsAnErrorThatLeavesNothingOpen() {
    Scope outer = Scope.open();
    Scope inner = outer.child();
    NDArray x = inner.zeros(Dtype.FLOAT32, 1);
    assertThrows(IllegalStateException.class, outer::close);
    assertTrue(x.isReleased());
    assertThrows(IllegalStateException.class, Scope::current);
  }

  @Test
  void anotherThreadMayCloseALastingScopeOnly() {
    Scope lasting = Scope.lasting();
    NDArray x = lasting.zeros(Dtype.FLOAT32, 1);
    CompletableFuture.runAsync(lasting::close).join();
    assertTrue(x.isReleased());
    try (Scope scope = Scope.open()) {
      NDArray y = scope.zeros(Dtype.FLOAT32, 1);
      assertThrows(
          CompletionException.class, () -> CompletableFuture.runAsync(scope::close).join());
      assertFalse(y.isReleased());
    }
  }

  @Test
  void closedScopesRefuseToMakeTensors() {
    Scope scope = Scope.lasting();
    scope.close();
    scope.close();
    assertThrows(IllegalStateException.class, () -> scope.zeros(Dtype.FLOAT32, 1));
  }
}
