package io.lockstep.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class BufferTest {

  private static final int LARGEST_PAGE = 1 << 16;

  @BeforeAll
  static void startTorch() {
    Torch.start(1);
  }

  @Test
  void elementsOfTensorsAreSharedAndChecked() {
    try (Scope scope = Scope.open()) {
      NDArray x = scope.fromFloats(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Buffer buffer = Buffer.of(x);
      buffer.floats().set(4, 50);
      assertEquals(50, x.getFloat(1, 1));
      assertEquals(3, Buffer.of(Ops.narrow(x, 0, 1, 1)).elements());
      assertArrayEquals(new float[] {4, 50}, buffer.slice(3, 2).floats().toArray());
      assertSame(Devices.HOST, buffer.device());
      Exception e = assertThrows(IllegalArgumentException.class, () -> Buffer.of(x.transpose()));
      Tensors.assertMentions("[3, 2] with strides [1, 3]", e);
      assertThrows(IndexOutOfBoundsException.class, () -> buffer.slice(3, 4));
      NDArray longs = scope.fromLongs(new long[] {1}, 1);
      assertThrows(IllegalArgumentException.class, () -> Buffer.of(longs).floats());
    }
  }

  @Test
  void elementsOfAFreedTensorAreOutOfReach() {
    Buffer buffer;
    try (Scope scope = Scope.open()) {
      buffer = Buffer.of(scope.zeros(Dtype.FLOAT32, 4));
    }
    assertThrows(IllegalStateException.class, buffer::floats);
    Buffer slice = buffer.slice(1, 2);
    assertThrows(IllegalStateException.class, slice::zero);
  }

  @Test
  void copiesFitInTypeAndNumber() {
    try (Arena arena = Arena.ofConfined()) {
      Buffer four = Buffer.onHost(arena, Dtype.FLOAT32, 4);
      Buffer five = Buffer.onHost(arena, Dtype.FLOAT32, 5);
      Buffer longs = Buffer.onHost(arena, Dtype.INT64, 2);
      assertThrows(IllegalArgumentException.class, () -> four.copyFrom(five));
      assertThrows(IllegalArgumentException.class, () -> four.copyFrom(longs));
      MemorySegment seven = arena.allocate(7);
      assertThrows(IllegalArgumentException.class, () -> Buffer.onHost(seven, Dtype.FLOAT32));
    }
  }

  @Test
  void javaReachesAnotherDeviceByCopiesAlone() {
    try (IsolatedDevice device = IsolatedDevice.install();
        Scope scope = Scope.open();
        Arena arena = Arena.ofConfined()) {
      Buffer there = scope.zeros(device, Dtype.FLOAT32, 4);
      assertEquals(device, there.device());
      for (Runnable access :
          new Runnable[] {there::floats, there::hostBytes, there::lentBytes, there::toByteArray}) {
        Exception e = assertThrows(IllegalStateException.class, access::run);
        Tensors.assertMentions("4 FLOAT32 on isolated device is not in host memory", e);
      }
      Buffer here = Buffer.onHost(arena, Dtype.FLOAT32, 4);
      here.floats().fill(3);
      assertThrows(IllegalArgumentException.class, () -> device.kernels().add(there, here));
      assertThrows(IllegalStateException.class, () -> Devices.HOST.kernels().add(here, there));
      assertSame(there, there.copyFrom(here));
      device.kernels().add(there, there);
      assertArrayEquals(new float[] {6, 6, 6, 6}, there.toHost().floats().toArray());
      there.update(host -> host.floats().set(1, 7));
      there.slice(2, 2).write(host -> host.floats().fill(8));
      assertArrayEquals(new float[] {6, 7, 8, 8}, there.toHost().floats().toArray());
      assertEquals(3 * 16, device.bytesToHost());
      assertEquals(16 + 16 + 8, device.bytesFromHost());
    }
  }

  /** Pinned memory takes the same way where libtorch has devices, and is refused where not. */
  @Test
  void memoryOnTheWayToADeviceIsLibtorchs() {
    try (Staging staging = Staging.ofLibtorch(5000, false)) {
      Buffer bytes = staging.buffer();
      assertEquals(5000, bytes.bytes());
      bytes.hostBytes().fill((byte) 7);
      assertEquals(5000, staging.tensor().array().getShape().size());
      assertEquals(7, Buffer.of(staging.tensor().array()).toByteArray()[4999]);
    }
    assertThrows(TorchException.class, () -> Staging.pinned(5000));
  }

  @Test
  void hostMemoryIsNeverCopiedForTheHost() {
    try (Arena arena = Arena.ofConfined()) {
      Buffer buffer = Buffer.onHost(arena, Dtype.FLOAT32, 4);
      assertSame(buffer, buffer.toHost());
      buffer.write(host -> assertSame(buffer, host));
      buffer.update(host -> assertSame(buffer, host));
    }
  }

  @Test
  void whatIsDiscardedReadsAsZeroAndTheRestStays() {
    try (Scope scope = Scope.open()) {
      int size = 1 << 20;
      NDArray tensor = scope.zeros(Dtype.FLOAT32, size);
      Buffer buffer = Buffer.of(tensor);
      HostFloats floats = buffer.floats();
      for (int i = 0; i < size; i++) {
        floats.set(i, i + 1);
      }
      Buffer inside = buffer.slice(3, size - 8);
      long discarded = inside.discard();
      assertTrue(discarded <= inside.bytes() && discarded > inside.bytes() - 2 * LARGEST_PAGE);
      long zeros = 0;
      for (int i = 0; i < size; i++) {
        float value = floats.get(i);
        if (value == 0) {
          zeros++;
        } else {
          assertEquals(i + 1, value);
        }
      }
      assertEquals(discarded, Dtype.FLOAT32.bytes(zeros));
      buffer.zero();
      floats.set(size / 2, 3);
      assertEquals(3, tensor.getFloat(size / 2));
    }
  }

  @Test
  void discardedPagesTakeNoRoom() {
    try (Scope scope = Scope.open()) {
      Buffer buffer = scope.zeros(Devices.HOST, Dtype.FLOAT32, 64L << 20);
      buffer.floats().fill(1);
      long before = Torch.residentBytes();
      buffer.discard();
      assertTrue(before - Torch.residentBytes() > buffer.bytes() / 2);
    }
  }

  @Test
  void lessThanAPageIsLeftAlone() {
    try (Scope scope = Scope.open()) {
      NDArray tensor = scope.zeros(Dtype.FLOAT32, 64).add(1);
      assertEquals(0, Buffer.of(tensor).slice(1, 32).discard());
      assertEquals(64, tensor.sum().getFloat());
    }
  }

  @Test
  void onlyNativeMemoryHasPages() {
    Buffer heap = Buffer.onHost(new byte[4]);
    assertThrows(IllegalArgumentException.class, heap::discard);
  }
}
