package io.lockstep.tensor;

import ai.djl.ndarray.NDArray;
import java.util.Locale;

/**
 * The element types of tensors, with libtorch's own numbers for them.
 *
 * <p>DJL's {@code DataType} cannot name bfloat16 (it reports {@code UNKNOWN}, and being asked for
 * it stops the process), so whatever creates, casts or inspects tensors goes by this type.
 */
public enum Dtype {
  UINT8(0, 1),
  INT8(1, 1),
  INT16(2, 2),
  INT32(3, 4),
  INT64(4, 8),
  FLOAT16(5, 2),
  FLOAT32(6, 4),
  FLOAT64(7, 8),
  BOOL(11, 1),
  BFLOAT16(15, 2);

  private final int code;
  private final int bytes;

  Dtype(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The number that libtorch's ScalarType has for this type. */
  int code() {
    return code;
  }

  /** Its name in configurations and files of the public libraries, such as {@code bfloat16}. */
  public String publicName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The size of some elements in bytes. */
  public long bytes(long elements) {
    return Math.multiplyExact(elements, (long) bytes);
  }

  /** Whether gradients can flow through this type. */
  public boolean isFloatingPoint() {
    return switch (this) {
      case FLOAT16, FLOAT32, FLOAT64, BFLOAT16 -> true;
      case UINT8, INT8, INT16, INT32, INT64, BOOL -> false;
    };
  }

  /**
   * The element type of a tensor; fails on types that no Qwen checkpoint uses (complex, quantised).
   */
  public static Dtype of(NDArray array) {
    int code = Native.dtype(Native.handle(array));
    for (Dtype type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new TorchException(
        "Tensor of shape "
            + array.getShape()
            + " has libtorch's type "
            + code
            + ", which is not supported here");
  }
}
