package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The memory behind tensors. */
public final class TensorMemory {

  private TensorMemory() {}

  /**
   * The elements of a contiguous tensor on the CPU, shared with it: writing here changes the
   * tensor.
   *
   * <p>The segment is valid as long as the tensor's storage lives; it must not be used after its
   * scope is closed.
   *
   * @throws IllegalArgumentException if the tensor is elsewhere or not contiguous
   */
  public static MemorySegment of(NDArray array) {
    long handle = Native.handle(array);
    if (!Native.isOnCpu(handle)) {
      throw new IllegalArgumentException(
          "Tensor of shape " + array.getShape() + " is not in CPU memory: copy it there first");
    }
    long[] sizes = Native.sizes(handle);
    long[] strides = Native.strides(handle);
    if (!isContiguous(sizes, strides)) {
      throw new IllegalArgumentException(
          "Tensor of shape "
              + Arrays.toString(sizes)
              + " with strides "
              + Arrays.toString(strides)
              + " is not contiguous: use Ops.contiguous");
    }
    long bytes = Dtype.of(array).bytes();
    for (long size : sizes) {
      bytes *= size;
    }
    return MemorySegment.ofAddress(Native.dataAddress(handle)).reinterpret(bytes);
  }

  private static boolean isContiguous(long[] sizes, long[] strides) {
    long expected = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      if (sizes[i] == 0) {
        return true;
      }
      if (sizes[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= sizes[i];
    }
    return true;
  }
}
