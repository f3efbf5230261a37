package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TensorMemoryTest {

  private static final int LARGEST_PAGE = 1 << 16;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void whatIsDiscardedReadsAsZeroAndTheRestStays() {
    try (Scope scope = Scope.open()) {
      int floats = 1 << 20;
      NDArray tensor = scope.zeros(Dtype.FLOAT32, floats);
      MemorySegment memory = TensorMemory.of(tensor);
      for (int i = 0; i < floats; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, i + 1);
      }
      long from = 12;
      long to = memory.byteSize() - 20;
      long discarded = TensorMemory.discard(memory.asSlice(from, to - from));
      assertTrue(discarded <= to - from && discarded > to - from - 2 * LARGEST_PAGE);
      long zeros = 0;
      for (int i = 0; i < floats; i++) {
        float value = memory.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        if (value == 0) {
          zeros++;
        } else {
          assertEquals(i + 1, value);
        }
      }
      assertEquals(discarded, zeros * Float.BYTES);
      memory.fill((byte) 0);
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, floats / 2, 3);
      assertEquals(3, tensor.getFloat(floats / 2));
    }
  }

  @Test
  void discardedPagesTakeNoRoom() {
    try (Scope scope = Scope.open()) {
      long bytes = 256L << 20;
      NDArray tensor = scope.zeros(Dtype.FLOAT32, bytes / Float.BYTES);
      TensorMemory.of(tensor).fill((byte) 1);
      long before = Torch.residentBytes();
      TensorMemory.discard(TensorMemory.of(tensor));
      assertTrue(before - Torch.residentBytes() > bytes / 2);
    }
  }

  @Test
  void lessThanAPageIsLeftAlone() {
    try (Scope scope = Scope.open()) {
      NDArray tensor = scope.zeros(Dtype.FLOAT32, 64).add(1);
      assertEquals(0, TensorMemory.discard(TensorMemory.of(tensor).asSlice(4, 128)));
      assertEquals(64, tensor.sum().getFloat());
    }
  }

  @Test
  void onlyNativeMemoryHasPages() {
    MemorySegment heap = MemorySegment.ofArray(new float[4]);
    assertThrows(IllegalArgumentException.class, () -> TensorMemory.discard(heap));
  }
}
