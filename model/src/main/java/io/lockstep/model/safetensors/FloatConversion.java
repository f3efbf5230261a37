package io.lockstep.model.safetensors;

import io.lockstep.tensor.Buffer;
import io.lockstep.tensor.Devices;

/** Between the float types that weights are stored in and the float32 that is computed in. */
public final class FloatConversion {

  private FloatConversion() {}

  /** Whether values of that type can be converted. */
  public static boolean isFloat(DType type) {
    return type == DType.F32 || type == DType.F16 || type == DType.BF16;
  }

  /**
   * Widens stored values, which is exact.
   *
   * @param to as many float32 values, on whatever device
   * @throws IllegalArgumentException if the type or the sizes don't fit
   */
  public static void toFloat32(StoredValues from, Buffer to) {
    requireFloat(from.type());
    to.write(host -> Devices.HOST.kernels().cast(from.buffer(), host));
  }

  /**
   * Rounds values to a stored type; see {@link io.lockstep.tensor.Kernels#cast}.
   *
   * @param from float32 values in host memory
   * @param to as many values
   * @throws IllegalArgumentException if the type or the sizes don't fit
   */
  static void fromFloat32(Buffer from, StoredValues to) {
    requireFloat(to.type());
    Devices.HOST.kernels().cast(from, to.buffer());
  }

  private static void requireFloat(DType type) {
    if (!isFloat(type)) {
      throw new IllegalArgumentException(
          "weights of type " + type + " can't be computed with: store them as F32, F16 or BF16");
    }
  }
}
