package io.lockstep.tensor;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.lang.foreign.MemorySegment;

/**
 * A tensor that belongs to nobody's scope, on any thread: what kernels and copies of a device give
 * libtorch's operators.
 */
final class Blob implements AutoCloseable {

  private final NDArray array;

  private Blob(long handle) {
    try {
      array = new PtNDArray(Managers.NONE, handle);
    } catch (RuntimeException e) {
      Native.delete(handle);
      throw e;
    }
    NDScope.unregister(array);
  }

  /** Never closed: blobs leave it one by one. */
  private static final class Managers {
    static final PtNDManager NONE =
        (PtNDManager) Engine.getEngine("PyTorch").newBaseManager(ai.djl.Device.cpu());
  }

  /** The elements of a buffer, shared with it. */
  static Blob of(Buffer buffer) {
    return of(buffer, buffer.elements());
  }

  /** The elements of a buffer in another shape, shared with it. */
  static Blob of(Buffer buffer, long... shape) {
    if (buffer.isOnHeap()) {
      throw new IllegalArgumentException("%s is memory of a Java array".formatted(buffer));
    }
    buffer.device().enter();
    return new Blob(Native.over(buffer.memory(), buffer.device(), buffer.dtype(), shape));
  }

  /** New memory with undefined contents. */
  static Blob empty(Device device, Dtype type, long... shape) {
    return new Blob(Native.empty(device, type, shape));
  }

  /** Takes over a handle. */
  static Blob owning(long handle) {
    return new Blob(handle);
  }

  NDArray array() {
    return array;
  }

  /** Some of its elements along a dimension, shared with it. */
  Blob narrow(int dimension, long first, long length) {
    return new Blob(Ops.narrowHandle(array, dimension, first, length));
  }

  /** Its elements, which are contiguous. */
  Buffer buffer(Device device, Dtype type, long elements) {
    MemorySegment memory =
        MemorySegment.ofAddress(Native.dataAddress(Native.handle(array)))
            .reinterpret(type.bytes(elements));
    return new Buffer(memory, type, device, array);
  }

  @Override
  public void close() {
    array.close();
  }
}
