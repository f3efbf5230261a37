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

  /**
   * Gives the whole pages inside some memory back to the operating system. They take no room until
   * they are written again, and read as zero; what lies on pages that are only partly inside keeps
   * its values.
   *
   * @param memory memory of a tensor, such as a slice of {@link #of}
   * @return how many bytes were given back
   * @throws UnsupportedOperationException on another system than Linux
   * @throws IllegalStateException if the system refuses
   */
  public static long discard(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "only native memory can be given back, not an array of the Java heap");
    }
    return Pages.discard(memory.address(), memory.address() + memory.byteSize());
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
