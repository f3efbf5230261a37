package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import java.lang.foreign.ValueLayout;

/** Copies of what tensors hold, for Java, wherever they lie; waits until it has been computed. */
public final class HostValues {

  private HostValues() {}

  /** The elements of a float32 tensor in row-major order. */
  public static float[] floats(NDArray x) {
    return host(x, Dtype.FLOAT32).floats().toArray();
  }

  /** The elements of an int64 tensor in row-major order. */
  public static long[] longs(NDArray x) {
    return host(x, Dtype.INT64).hostBytes().toArray(ValueLayout.JAVA_LONG_UNALIGNED);
  }

  /** The only element of a float32 tensor. */
  public static float number(NDArray x) {
    float[] values = floats(x);
    if (values.length != 1) {
      throw new IllegalArgumentException(
          "a tensor of shape %s is no single number".formatted(x.getShape()));
    }
    return values[0];
  }

  private static Buffer host(NDArray x, Dtype type) {
    if (Dtype.of(x) != type) {
      throw new IllegalArgumentException(
          "a tensor of %s is to be read as %s".formatted(Dtype.of(x), type));
    }
    return Buffer.of(Ops.contiguous(x)).toHost();
  }
}
